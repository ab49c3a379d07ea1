// How long the page's main thread is held up, from the browser's own trace: on the clock, and in time of the processor,
// which says the same on a machine that has much else to do.

const CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"];

// Begins to trace; the returned function ends it and tells the longest task: {wall, cpu} in whole milliseconds, and what the
// processor did in the one that took most of it.
export async function traceTasks(browser) {
  const session = await browser.newBrowserCDPSession();
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: CATEGORIES } });
  return async () => {
    const complete = new Promise((done) => session.once("Tracing.tracingComplete", done));
    await session.send("Tracing.end");
    await complete;
    await session.detach();
    return longest(events);
  };
}

function longest(events) {
  const named = events.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain");
  const threads = new Set(named.map((event) => `${event.pid}:${event.tid}`));
  const mains = events.filter((event) => event.ph === "X" && threads.has(`${event.pid}:${event.tid}`));
  // The page's process is the one that draws most.
  const drawn = new Map();
  for (const event of mains) if (event.name === "Paint") drawn.set(event.pid, (drawn.get(event.pid) ?? 0) + 1);
  const pid = [...drawn].sort((a, b) => b[1] - a[1])[0]?.[0];
  const own = mains.filter((event) => event.pid === pid);
  const tasks = own.filter((event) => event.name === "RunTask" && event.tdur !== undefined);
  const worst = tasks.reduce((most, task) => (task.tdur > most.tdur ? task : most), { tdur: 0, dur: 0, ts: 0 });
  const ms = (microseconds) => Math.round(microseconds / 1000);
  return { wall: ms(Math.max(0, ...tasks.map((task) => task.dur))), cpu: ms(worst.tdur), parts: parts(own, worst, ms) };
}

// The steps of a task that took a millisecond and more.
function parts(own, task, ms) {
  const inside = own.filter((event) => event !== task && event.ts >= task.ts && event.ts + event.dur <= task.ts + task.dur && !/RunTask/.test(event.name));
  inside.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  let end = 0;
  const top = inside.filter((event) => { const outer = event.ts >= end; if (outer) end = event.ts + event.dur; return outer; });
  return top.filter((event) => event.tdur >= 1000).map((event) => `${event.name} ${ms(event.tdur)}`).join(", ");
}
