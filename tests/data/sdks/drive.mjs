// Drives one SDK against the server at the address that is given: node drive.mjs SDK URL, in a folder
// with the packages of package.json. It ends when all has been answered, and names the events that the
// SDK was given, in their order.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "drive.mjs"));
const [sdk, url] = process.argv.slice(2);
const tracked = [];

/// Requests that are not answered yet.
let open = 0;
const turn = () => new Promise((done) => setTimeout(done, 1));

/// Until nothing is asked any more: not for a while of the loop either, in which an SDK begins the next.
async function settled() {
  for (let quiet = 0; quiet < 150; quiet = open === 0 ? quiet + 1 : 0) await turn();
}

const counted = async (asked) => {
  open += 1;
  try {
    return await asked();
  } finally {
    open -= 1;
  }
};
const plainFetch = globalThis.fetch;
globalThis.fetch = (...asked) => counted(() => plainFetch(...asked));

/// A page of a browser as jsdom makes one.
function page(options = {}) {
  const { JSDOM, VirtualConsole } = require("jsdom");
  const virtualConsole = new VirtualConsole();
  const dom = new JSDOM("<!doctype html><body><script></script></body>", {
    url: "http://localhost:3000/", pretendToBeVisual: true, virtualConsole, ...options,
  });
  const asked = dom.window.XMLHttpRequest.prototype;
  const { send } = asked;
  asked.send = function (...given) {
    open += 1;
    this.addEventListener("loadend", () => (open -= 1));
    return send.apply(this, given);
  };
  dom.window.fetch = globalThis.fetch;
  return dom.window;
}

/// The same as the globals of this program, for packages that look for them there.
function asGlobals(window) {
  const names = ["document", "localStorage", "sessionStorage", "location", "XMLHttpRequest", "screen", "navigator"];
  for (const name of names) Object.defineProperty(globalThis, name, { value: window[name], configurable: true });
  Object.defineProperty(globalThis, "window", { value: window, configurable: true });
}

/// A visitor who signs up, and another one, through a server SDK that Segment's calls are those of.
function visitorSignsUp(client) {
  const track = (event, who) => {
    tracked.push(event);
    client.track({ ...who, event, properties: { step: tracked.length } });
  };
  track("Page Viewed", { anonymousId: "visitor-1" });
  client.identify({ anonymousId: "visitor-1", userId: "pat", traits: { email: "pat@example.com" } });
  track("Sign Up", { anonymousId: "visitor-1", userId: "pat" });
  client.alias({ previousId: "pat", userId: "pat@example.com" });
  track("Page Viewed", { anonymousId: "visitor-2" });
}

async function mixpanelBrowser(name) {
  asGlobals(page());
  const mixpanel = require(name);
  mixpanel.init("T-SDK", {
    api_host: url, batch_requests: false, track_pageview: false, persistence: "localStorage", autocapture: false,
    record_sessions_percent: 0, cross_subdomain_cookie: false, upgrade: false,
  });
  const track = async (event) => {
    tracked.push(event);
    await new Promise((done) => mixpanel.track(event, { step: tracked.length }, done));
    await settled();
  };
  await track("Page Viewed");
  mixpanel.register({ plan: "trial" });
  await track("Sign-Up Started");
  mixpanel.alias("pat@example.com");
  await settled();
  await track("Sign Up");
  mixpanel.identify("pat@example.com");
  await settled();
  mixpanel.people.set({ $email: "pat@example.com" });
  await track("Dashboard Viewed");
  mixpanel.reset();
  await track("Page Viewed");
  mixpanel.identify("sam@example.com");
  await settled();
  await track("Logged In");
}

const drivers = {
  async mixpanel() {
    const Mixpanel = require("mixpanel");
    const client = Mixpanel.init("T-SDK", { host: url.replace("http://", ""), protocol: "http" });
    const asked = (call) => new Promise((done, failed) => call((error) => (error ? failed(error) : done())));
    const track = async (event, id) => {
      tracked.push(event);
      await asked((heard) => client.track(event, { distinct_id: id, step: tracked.length }, heard));
    };
    await track("Page Viewed", "visitor-1");
    await asked((heard) => client.alias("visitor-1", "pat@example.com", heard));
    await track("Sign Up", "pat@example.com");
    await asked((heard) => client.people.set("pat@example.com", { $email: "pat@example.com" }, heard));
    await track("Dashboard Viewed", "pat@example.com");
    await track("Page Viewed", "visitor-2");
  },
  async "posthog-node"() {
    const { PostHog } = require("posthog-node");
    const client = new PostHog("phc_sdk", { host: url, flushAt: 3, flushInterval: 50 });
    const capture = (event, distinctId) => {
      tracked.push(event);
      client.capture({ distinctId, event, properties: { step: tracked.length } });
    };
    capture("Page Viewed", "visitor-1");
    client.identify({ distinctId: "pat", properties: { email: "pat@example.com" } });
    client.alias({ distinctId: "pat", alias: "visitor-1" });
    capture("Sign Up", "pat");
    capture("Page Viewed", "visitor-2");
    await client.shutdown();
  },
  async "posthog-js"() {
    const window = page({ runScripts: "outside-only" });
    window.eval(readFileSync("node_modules/posthog-js/dist/array.full.no-external.js", "utf8"));
    const { posthog } = window;
    posthog.init("phc_sdk", {
      api_host: url, autocapture: false, capture_pageview: false, disable_session_recording: true,
      request_batching: false, disable_compression: true, advanced_disable_flags: true,
      opt_out_useragent_filter: true, persistence: "memory",
    });
    await settled();
    const capture = async (event) => {
      tracked.push(event);
      posthog.capture(event, { step: tracked.length });
      await settled();
    };
    await capture("Page Viewed");
    posthog.identify("pat", { email: "pat@example.com" });
    await settled();
    await capture("Sign Up");
    posthog.alias("pat-2");
    await settled();
    posthog.reset();
    await capture("Page Viewed");
  },
  async "@segment/analytics-node"() {
    const { Analytics } = require("@segment/analytics-node");
    // Batches are sent at the same time: only the rows of one arrive in the order of the calls.
    const client = new Analytics({ writeKey: "W", host: url, flushAt: 20, flushInterval: 60_000 });
    visitorSignsUp(client);
    await client.closeAndFlush();
  },
  async "@rudderstack/rudder-sdk-node"() {
    const Analytics = require("@rudderstack/rudder-sdk-node");
    const client = new (Analytics.default ?? Analytics)("W", {
      dataPlaneUrl: url, flushAt: 20, flushInterval: 60_000, gzip: true, logLevel: "error",
    });
    const asked = (call) => new Promise((done) => call(done));
    visitorSignsUp(client);
    await asked((heard) => client.flush(heard));
  },
  async "@amplitude/analytics-node"() {
    const amplitude = require("@amplitude/analytics-node");
    await amplitude.init("K", { serverUrl: `${url}/2/httpapi`, flushIntervalMillis: 50 }).promise;
    const track = async (event, who) => {
      tracked.push(event);
      await amplitude.track(event, { step: tracked.length }, who).promise;
    };
    await track("Page Viewed", { device_id: "visitor-1" });
    const plan = new amplitude.Identify();
    plan.set("plan", "trial");
    await amplitude.identify(plan, { device_id: "visitor-1", user_id: "pat" }).promise;
    await track("Sign Up", { device_id: "visitor-1", user_id: "pat" });
    await track("Page Viewed", { device_id: "visitor-2" });
  },
  async "@amplitude/analytics-browser"() {
    asGlobals(page());
    globalThis.window.fetch = globalThis.fetch;
    const amplitude = require("@amplitude/analytics-browser");
    await amplitude.init("K", {
      serverUrl: `${url}/2/httpapi`, autocapture: false, flushQueueSize: 1, flushIntervalMillis: 1,
      fetchRemoteConfig: false, remoteConfig: { fetchRemoteConfig: false },
    }).promise;
    const track = async (event) => {
      tracked.push(event);
      await amplitude.track(event, { step: tracked.length }).promise;
    };
    await track("Page Viewed");
    amplitude.setUserId("pat");
    const plan = new amplitude.Identify();
    plan.set("plan", "trial");
    await amplitude.identify(plan).promise;
    await track("Sign Up");
    amplitude.reset();
    await track("Page Viewed");
  },
};

const driver = drivers[sdk] ?? (sdk.startsWith("mixpanel-browser") ? () => mixpanelBrowser(sdk) : undefined);
await driver();
await settled();
console.log(JSON.stringify(tracked));
process.exit(0);
