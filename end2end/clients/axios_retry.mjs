// Sends the order on standard input with axios-retry and prints how it ended.
import { text } from 'node:stream/consumers';
import axios from 'axios';
import axiosRetry from 'axios-retry';

const order = JSON.parse(await text(process.stdin));
axiosRetry(axios, {
  retries: 6,
  retryDelay: axiosRetry.exponentialDelay,
  // Each try is waited for anew.
  shouldResetTimeout: true,
  // POST and time-outs are not retried by default; under a key both may be.
  retryCondition: (error) =>
    axiosRetry.isNetworkError(error) || axiosRetry.isRetryableError(error) || error.code === 'ECONNABORTED',
});
const answer = await axios.request({
  method: order.method,
  url: order.url,
  headers: Object.fromEntries(order.headers),
  data: order.body,
  timeout: order.patience_ms,
  proxy: false,
  responseType: 'text',
  transformResponse: (body) => body,
  validateStatus: (status) => status < 500,
});
console.log(JSON.stringify({ status: answer.status, body: answer.data }));
