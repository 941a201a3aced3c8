// Opens a page in Firefox and prints what it found there: node firefox.mjs PATH_OF_FIREFOX ADDRESS
// Firefox speaks WebDriver BiDi by itself, so that no driver is needed.
import puppeteer from "puppeteer-core";

const [executablePath, address] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, defaultViewport: null, args: ["--width=1280", "--height=900"] });
try {
  const tab = await browser.newPage();
  // puppeteer's own way of waiting compiles text, which the page's policy forbids
  const until = async (seen) => {
    while (!(await tab.evaluate(seen).then(Boolean))) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const wrong = [];
  tab.on("console", (message) => ["error", "warn"].includes(message.type()) && wrong.push(message.text()));
  tab.on("pageerror", (error) => wrong.push(String(error)));
  await tab.goto(address);
  await until(() => document.documentElement.dataset.ready === "yes");
  const found = await tab.evaluate(async () => ({
    agent: navigator.userAgent,
    input: Array.from(atlas.input()),
    output: Array.from(atlas.output()),
    sweep: await atlas.runSweep(),
    fits: document.documentElement.scrollWidth <= innerWidth,
    painted: document.querySelectorAll(".overview .maps.filled").length,
  }));
  await until(() => document.querySelector(".moment.result") !== null);
  found.result = await tab.evaluate(() => Number(document.querySelector(".moment.result").dataset.value));
  await tab.focus(".screen canvas");
  await tab.keyboard.press("q");
  found.turned = await tab.evaluate(() => atlas.stimulus().orientation);
  console.log(JSON.stringify({ ...found, wrong, shot: await tab.screenshot({ encoding: "base64" }) }));
} finally {
  await browser.close();
}
