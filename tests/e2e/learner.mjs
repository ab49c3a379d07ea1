// What a learner does with the page, in their words, against the real engine. No waiting for a time: always for what is to be seen.

// Opened, and the engine has spoken. `path` names the lesson: "/?lesson=pods".
export async function begin(open, how = {}) {
  const page = await open(how);
  await page.waitForFunction(() => document.querySelector(".node:not(.booting):not(.notready) > [data-id='node/worker-3']") && document.querySelector(".track")?.getAttribute("aria-valuemax") !== "0");
  return page;
}

// Types a line into the terminal and waits until the command has ended. The line stands in the log anew even where the same one was typed before.
export async function type(page, line) {
  await page.evaluate(() => { for (const said of document.querySelectorAll(".log .said")) said.dataset.before = ""; });
  await page.fill("#terminal-line", line);
  await page.press("#terminal-line", "Enter");
  await page.waitForFunction((line) => {
    const said = [...document.querySelectorAll(".log .said:not([data-before])")].at(-1)?.textContent ?? "";
    return said.includes(line.slice(0, 60)) && !document.querySelector(".terminal .bar .btn.small");
  }, line.trim());
}

// What stands in the terminal, as text.
export function printed(page) {
  return page.evaluate(() => [...document.querySelectorAll(".log .line")].map((line) => line.textContent).join("\n"));
}

// What the last command printed, without the line itself.
export function answer(page) {
  return page.evaluate(() => {
    const lines = [...document.querySelectorAll(".log .line")];
    const from = lines.findLastIndex((line) => line.classList.contains("said"));
    return lines.slice(from + 1).map((line) => line.textContent).join("\n");
  });
}

export async function see(page, text, where = ".log") {
  await page.waitForFunction(([text, where]) => document.querySelector(where)?.textContent.includes(text), [text, where]);
}

// 0.25 to 60.
export async function speed(page, times) {
  await page.locator(".controls select").nth(1).selectOption(String(times * 1000));
}

// Seconds of virtual time since the cluster was switched on.
export async function seconds(page) {
  const [minutes, rest] = (await page.textContent(".reading")).split(":");
  return Number(minutes) * 60 + Number(rest);
}

// The picture in words: every shape with its state, without what only counts time.
export function picture(page) {
  return page.evaluate(() => [...document.querySelectorAll(".picture [data-id]")]
    .map((shape) => `${shape.dataset.id} ${(shape.getAttribute("class") ?? shape.parentElement.getAttribute("class") ?? "").replace(" picked", "")}`).sort().join("\n"));
}

// The editor's text, whichever of the two fields is there.
export async function write(page, text) {
  const rich = page.locator(".host .cm-content");
  await rich.waitFor();
  await rich.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Backspace");
  await page.keyboard.insertText(text);
}

export function written(page) {
  return page.evaluate(() => {
    const host = document.querySelector(".host");
    if (!host.hidden) return [...host.shadowRoot.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n");
    return document.querySelector("#editor-plain").value;
  });
}

// The step that is to be done next, or null once all are.
export function current(page) {
  return page.evaluate(() => {
    const card = [...document.querySelectorAll("article.card")].find((card) => !card.classList.contains("finished-step"));
    return card ? { id: card.dataset.step, kind: card.classList[1] } : null;
  });
}

export function step(page, id) {
  return page.locator(`article[data-step='${id}']`);
}

export async function finished(page, id) {
  await page.waitForSelector(`article[data-step='${id}'].finished-step`, { state: "attached" });
}
