"""Sends the order on standard input with urllib3's Retry and prints how it ended."""

import json
import sys

import urllib3

order = json.load(sys.stdin)
retry = urllib3.Retry(
    total=6,
    # POST is not among the methods that are retried by default; under a key it may be.
    allowed_methods={"PUT", "POST"},
    status_forcelist={502, 503, 504},
    backoff_factor=0.1,
)
pool = urllib3.PoolManager(retries=retry, timeout=order["patience_ms"] / 1000)
answer = pool.request(order["method"], order["url"], body=order["body"].encode(), headers=dict(order["headers"]))
print(json.dumps({"status": answer.status, "body": answer.data.decode()}))
