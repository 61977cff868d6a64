// Draws the app's icons from the star of static/icons.svg with Chromium; run by a person when the sign changes, the pictures are committed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const star = /<symbol id="star"[^>]*>(<path[^>]*\/>)<\/symbol>/.exec(readFileSync(join(here, "../icons.svg"), "utf8"))[1];

/** The star on teal; `reach` is the share of the side that it takes, `corner` the radius of the ground. */
const sign = ({ size, reach, corner }) => {
  const scale = (size * reach) / 24;
  const shift = (size - 24 * scale) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}"><rect width="${size}" height="${size}" rx="${corner}" fill="#025959"/>`
    + `<g transform="translate(${shift} ${shift}) scale(${scale})" fill="none" stroke="#ffffff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${star}</g></svg>\n`;
};

writeFileSync(join(here, "favicon.svg"), sign({ size: 64, reach: 0.66, corner: 12 }));
const work = mkdtempSync(join(tmpdir(), "icons-"));
for (const [name, look] of Object.entries({
  "icon-192.png": { size: 192, reach: 0.66, corner: 36 },
  "icon-512.png": { size: 512, reach: 0.66, corner: 96 },
  "maskable-512.png": { size: 512, reach: 0.5, corner: 0 },
  "apple-touch-180.png": { size: 180, reach: 0.6, corner: 0 },
})) {
  const page = join(work, "sign.html");
  writeFileSync(page, `<!doctype html><html><body style="margin:0">${sign(look)}</body></html>`);
  execFileSync("chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--default-background-color=00000000", `--window-size=${look.size},${look.size}`,
    `--screenshot=${join(here, name)}`, `--user-data-dir=${join(work, "profile")}`, `file://${page}`], { stdio: "ignore" });
}
rmSync(work, { recursive: true, force: true });
