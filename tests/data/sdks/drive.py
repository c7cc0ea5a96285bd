"""Drives one SDK for Python as drive.mjs does: python3 drive.py SDK URL."""

import json
import sys

sdk, url = sys.argv[1:]
tracked = []


def step(event):
    tracked.append(event)
    return {"step": len(tracked)}


if sdk == "mixpanel":
    import mixpanel

    consumer = mixpanel.Consumer(
        events_url=url + "/track", people_url=url + "/engage", import_url=url + "/import"
    )
    client = mixpanel.Mixpanel("T-SDK", consumer)
    client.track("visitor-1", "Page Viewed", step("Page Viewed"))
    # alias() sends to the real endpoint, whatever consumer it was given: findings/ has a script.
    client.track("visitor-1", "$create_alias", {"alias": "pat@example.com"})
    client.track("pat@example.com", "Sign Up", step("Sign Up"))
    client.people_set("pat@example.com", {"$email": "pat@example.com"})
    client.import_data("K", "pat@example.com", "Bought", 1600000000, step("Bought"), api_secret="S")
    client.track("visitor-2", "Page Viewed", step("Page Viewed"))
elif sdk == "posthog":
    from posthog import Posthog

    client = Posthog("phc_sdk", host=url, sync_mode=True, gzip=True)
    client.capture("Page Viewed", distinct_id="visitor-1", properties=step("Page Viewed"))
    client.set(distinct_id="pat", properties={"email": "pat@example.com"})
    client.alias(previous_id="visitor-1", distinct_id="pat")
    client.capture("Sign Up", distinct_id="pat", properties=step("Sign Up"))
    client.capture("Page Viewed", distinct_id="visitor-2", properties=step("Page Viewed"))
    client.shutdown()
elif sdk == "segment":
    from segment.analytics.client import Client

    client = Client("W", host=url, sync_mode=True, gzip=True)
    client.track(anonymous_id="visitor-1", event="Page Viewed", properties=step("Page Viewed"))
    client.identify(user_id="pat", anonymous_id="visitor-1", traits={"email": "pat@example.com"})
    client.track(user_id="pat", anonymous_id="visitor-1", event="Sign Up", properties=step("Sign Up"))
    client.alias(previous_id="pat", user_id="pat@example.com")
    client.track(anonymous_id="visitor-2", event="Page Viewed", properties=step("Page Viewed"))

print(json.dumps(tracked))
