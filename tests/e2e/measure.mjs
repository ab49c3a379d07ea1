// What a visitor feels, as numbers read from the browser.

// Milliseconds from navigation to the first text on screen.
export function firstPaint(page) {
  return page.evaluate(() => new Promise((found) => {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntriesByName("first-contentful-paint")) found(entry.startTime);
    }).observe({ type: "paint", buffered: true });
  }));
}

// How far things jumped since the page opened (cumulative layout shift, three digits).
export function layoutShift(page) {
  return page.evaluate(() => new Promise((found) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => found(Math.round(sum * 1000) / 1000)));
  }));
}

// Starts counting main-thread tasks of 50 ms and more; the returned function tells the longest so far, 0 for none.
export async function watchLongTasks(page) {
  await page.evaluate(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.longTasks.push(entry.duration); }).observe({ type: "longtask" });
  });
  return () => page.evaluate(() => Math.round(Math.max(0, ...window.longTasks)));
}

// Asks again and again until it holds; for what happens outside the page, e.g. at the server.
export async function until(holds, seconds = 10) {
  for (let tries = 0; tries < seconds * 40; tries += 1) {
    if (await holds()) return;
    await new Promise((later) => setTimeout(later, 25));
  }
  throw new Error(`waited ${seconds} s in vain for ${holds}`);
}
