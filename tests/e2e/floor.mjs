// The floor: Chromium 109 on a profile of its own. Signs in, syncs, answers offline, reloads offline; prints what it saw as JSON.
// node tests/e2e/floor.mjs URL LOGIN PASSWORD VISIT FOLDER. Driven by test_floor.py; loads nothing but the browser.
import assert from "node:assert/strict";
import chromium109 from "@sparticuz/chromium";
import { chromium } from "playwright-core";

const [url, login, password, visit, folder] = process.argv.slice(2);
const context = await chromium.launchPersistentContext(folder, {
  executablePath: await chromium109.executablePath(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-zygote"],
  headless: true,
  viewport: { width: 1024, height: 768 },
});
const errors = [];
try {
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (said) => said.type() === "error" && !/net::ERR_/.test(said.text()) && errors.push(said.text()));
  await page.goto(`${url}/login`);
  await page.locator("[name=username]").fill(login);
  await page.locator("[name=password]").fill(password);
  await page.locator("form[action='/login'] button[type=submit]").click();
  await page.waitForURL(`${url}/field/`);
  await page.locator(".visit-row", { hasText: "西湖店" }).getByText("Ready offline").waitFor();
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated");
  await context.setOffline(true);
  await page.goto(`${url}/field/visit/${visit}/clause/A.1`);
  const card = page.locator(".clause-card");
  await card.locator(".choice input[value=failed]").check({ force: true });
  await card.locator("textarea").first().fill("旧平板也能写");
  await card.locator("textarea").first().blur();
  await card.getByText("Saved on this tablet").first().waitFor();
  await page.goto(`${url}/field/visit/${visit}/clause/A.2`);
  await card.locator("button.sample--planned").first().click();
  await card.locator(".samples__sum").getByText("0 of 1 failing").waitFor();
  await page.locator(".sync-bar__count", { hasText: "3 only on this tablet" }).waitFor();
  await page.reload();
  await card.locator(".samples__sum").getByText("0 of 1 failing").waitFor();
  await page.goto(`${url}/field/visit/${visit}/clause/A.1`);
  assert.equal(await card.locator(".choice input[value=failed]").isChecked(), true);
  assert.equal(await card.locator("textarea").first().inputValue(), "旧平板也能写");
  await context.setOffline(false);
  await page.goto(`${url}/field/outbox`);
  await page.locator(".field-app__actions .button--primary").click();
  await page.locator(".sync-bar--safe").waitFor({ timeout: 40_000 });
  process.stdout.write(JSON.stringify({ version: context.browser()?.version() ?? (await page.evaluate(() => navigator.userAgent)), errors }));
} finally {
  await context.close();
}
