// Hands that only have a keyboard.

/** Presses a key until what has the focus fits the selector. */
export async function pressUntil(page, key, selector, most = 60) {
  for (let presses = 0; presses < most; presses += 1) {
    if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${selector}`);
}

/** Goes to an actor's prompt: over the tabs of the terminals, and in. */
export async function goToPrompt(page, actor) {
  if (await page.evaluate((actor) => document.activeElement.matches(`#terminal-${actor} .prompt-input`), actor)) return;
  await page.keyboard.press("Escape");
  await page.keyboard.press("t");
  await page.waitForFunction(() => document.activeElement.matches(".prompt-input"));
  await pressUntil(page, "Shift+Tab", '[role="tab"]');
  await pressUntil(page, "ArrowRight", `#tab-${actor}`);
  await page.keyboard.press("t");
  await page.waitForFunction((actor) => document.activeElement.matches(`#terminal-${actor} .prompt-input`), actor);
}

/** Types a line at an actor's prompt, key by key, and waits until it has ended or asks something. */
export async function typeLine(lab, line, actor, { ends = true } = {}) {
  await goToPrompt(lab.page, actor);
  await lab.page.keyboard.type(line);
  await lab.page.keyboard.press("Enter");
  if (ends) await lab.ended(actor);
}
