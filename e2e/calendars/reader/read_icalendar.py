"""Reads letters and calendar files with Python's email and icalendar, as a mail program would.

One JSON object {"file": base64} on a line of standard input for each; one on a line of standard output, in the same order.
"""

import base64
import email
import email.policy
import json
import sys
from datetime import datetime, timedelta

import icalendar

# Older versions of icalendar take the escapes of a text out twice (collective/icalendar#1008), and read %2C, %3A, %3B and
# %5C as characters (collective/icalendar#355). Whoever compares has to know whether this one does.
PROBE = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:a\\\\nb%2C\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
PROBED = str(icalendar.Calendar.from_ical(PROBE).walk("VEVENT")[0]["SUMMARY"])
HABITS = {"twice": "\\n" not in PROBED, "percent": "%2C" not in PROBED}


def instant(event, name):
    t = event.decoded(name)
    if not isinstance(t, datetime) or t.utcoffset() != timedelta(0):
        raise ValueError(f"{name} is {t!r}, not an instant in UTC")
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def text(event, name):
    return str(event[name]) if name in event else ""


def person(value):
    return {"name": value.params.get("CN", ""), "address": str(value)}


def several(event, name):
    value = event.get(name, [])
    return value if isinstance(value, list) else [value]


def entry(calendar, event):
    if event.errors:
        raise ValueError(f"errors in {event.errors}")
    return {
        "method": text(calendar, "METHOD"),
        "uid": text(event, "UID"),
        "sequence": event.decoded("SEQUENCE"),
        "stamp": instant(event, "DTSTAMP"),
        "start": instant(event, "DTSTART"),
        "end": instant(event, "DTEND"),
        "summary": text(event, "SUMMARY"),
        "description": text(event, "DESCRIPTION"),
        "location": text(event, "LOCATION"),
        "url": text(event, "URL"),
        "status": text(event, "STATUS"),
        "organizer": [person(p) for p in several(event, "ORGANIZER")],
        "attendees": [person(p) for p in several(event, "ATTENDEE")],
    }


def parts(file):
    """The calendar in each of its copies in a letter: of a calendar file, the file."""
    if file.startswith(b"BEGIN:VCALENDAR"):
        return {}, [file]
    message = email.message_from_bytes(file, policy=email.policy.default)
    if message.defects:
        raise ValueError(f"defects in the letter: {message.defects}")
    found = [part for part in message.walk() if part.get_content_type() in ("text/calendar", "application/ics")]
    head = {name: [a.addr_spec for a in message[name].addresses] for name in ("From", "To")}
    head["method"] = [part["Content-Type"].params["method"] for part in found if "method" in part["Content-Type"].params]
    head["charset"] = [part.get_content_charset() for part in found if part.get_content_maintype() == "text"]
    return head, [part.get_payload(decode=True) for part in found]


def read(file):
    head, found = parts(file)
    if not found:
        return {"head": head, "entries": []}
    calendar = icalendar.Calendar.from_ical(found[0])
    return {
        "head": head,
        "copies": [base64.b64encode(copy).decode() for copy in found],
        "entries": [entry(calendar, event) for event in calendar.walk("VEVENT")],
    }


for line in sys.stdin:
    try:
        answer = read(base64.b64decode(json.loads(line)["file"]))
    except Exception as trouble:  # what one file does to the reader is the answer for that file
        answer = {"trouble": f"{type(trouble).__name__}: {trouble}"}
    print(json.dumps(answer | HABITS), flush=True)
