// Drives one SDK against the server at the address that is given: node drive.mjs SDK URL, in a folder
// with the packages of package.json. It ends when all has been sent, and names what was.
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "drive.mjs"));
const [sdk, url] = process.argv.slice(2);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const events = ["Page Viewed", "Sign-Up Started", "Sign Up", "Dashboard Viewed"];

const drivers = {
  async mixpanel() {
    const Mixpanel = require("mixpanel");
    const client = Mixpanel.init("T-SDK", { host: url.replace("http://", ""), protocol: "http" });
    for (const event of events) {
      await new Promise((done, failed) =>
        client.track(event, { distinct_id: "pat" }, (error) => (error ? failed(error) : done())),
      );
    }
  },
  async "mixpanel-browser"() {
    const { JSDOM } = require("jsdom");
    const dom = new JSDOM("<!doctype html><body></body>", { url: "http://localhost:3000/", pretendToBeVisual: true });
    for (const name of ["document", "localStorage", "sessionStorage", "location", "XMLHttpRequest", "screen"]) {
      Object.defineProperty(globalThis, name, { value: dom.window[name], configurable: true });
    }
    Object.defineProperty(globalThis, "window", { value: dom.window, configurable: true });
    Object.defineProperty(globalThis, "navigator", { value: dom.window.navigator, configurable: true });
    const mixpanel = require("mixpanel-browser");
    mixpanel.init("T-SDK", { api_host: url, batch_requests: false, track_pageview: false, persistence: "localStorage" });
    for (const event of events) {
      await new Promise((done) => mixpanel.track(event, {}, { send_immediately: true }, done));
    }
    await wait(200);
  },
  async "posthog-node"() {
    const { PostHog } = require("posthog-node");
    const client = new PostHog("phc_sdk", { host: url, flushAt: 2, flushInterval: 50 });
    for (const event of events) client.capture({ distinctId: "pat", event });
    await client.shutdown();
  },
  async "@segment/analytics-node"() {
    const { Analytics } = require("@segment/analytics-node");
    const client = new Analytics({ writeKey: "W", host: url, flushAt: 4, flushInterval: 50 });
    for (const event of events) client.track({ userId: "pat", event });
    await client.closeAndFlush();
  },
  async "@amplitude/analytics-node"() {
    const amplitude = require("@amplitude/analytics-node");
    await amplitude.init("K", { serverUrl: `${url}/2/httpapi`, flushIntervalMillis: 50 }).promise;
    for (const event of events) amplitude.track(event, {}, { user_id: "pat" });
    await amplitude.flush().promise;
  },
};

await drivers[sdk]();
console.log(JSON.stringify(events));
process.exit(0);
