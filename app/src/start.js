((script, program) => {
  let started = false;
  const start = async () => {
    if (started) return;
    started = true;
    // Asked for together: the script does not need the program to arrive, nor the program the script.
    const bytes = fetch(program);
    const { default: load, hydrate } = await import(script);
    await load({ module_or_path: bytes });
    // Whatever was typed or pressed meanwhile comes first: taking over the page is a task of its own.
    setTimeout(() => hydrate(prepare, giveUp));
  };
  // What was still being fetched when the page was left does not come any more. A form stays, for its id's sake: sent
  // again after Back, it is the same post.
  addEventListener("pageshow", ({ persisted }) => {
    const whole = unaided || page.querySelector(".frame[data-ready], form[method=post]");
    if (persisted && !whole) location.reload();
  });
  if (document.visibilityState === "hidden") start();
  document.addEventListener("visibilitychange", start, { once: true });
  new PerformanceObserver(start).observe({ type: "paint", buffered: true });
})
