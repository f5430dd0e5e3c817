"""Applies what comes by mail to calendars of Evolution Data Server, as Evolution does when one presses Accept.

One JSON object {"files": [base64, ...]} on a line of standard input for each calendar: the calendar parts of its letters in
order. One on a line of standard output: what is in that calendar after each of them. Wants a session bus of its own.
"""

import base64
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

import gi

gi.require_version("ECal", "2.0")
gi.require_version("EDataServer", "1.2")
gi.require_version("ICalGLib", "3.0")
from gi.repository import ECal, EDataServer, ICalGLib  # noqa: E402

NO_WAIT = 0xFFFFFFFF  # any other number of seconds is waited out in full: nothing ever says that a local calendar is "connected"


SOURCE = """[Data Source]
DisplayName={0}
Enabled=true
Parent=local-stub

[Calendar]
BackendName=local
"""


def prepare(uids):
    """Writes the calendars down before any daemon starts. Of one that is added later, the daemon that keeps calendars hears
    a moment after commit_source_sync has returned, and until then there is "No such source"."""
    folder = Path(os.environ["XDG_CONFIG_HOME"], "evolution", "sources")
    folder.mkdir(parents=True)
    for uid in uids:
        (folder / f"{uid}.source").write_text(SOURCE.format(uid))


def open_calendar(registry, uid):
    return ECal.Client.connect_sync(registry.ref_source(uid), ECal.ClientSourceType.EVENTS, NO_WAIT, None)


def instant(time):
    if time.is_date() or not time.is_utc():
        raise ValueError(f"{time.as_ical_string()} is not an instant in UTC")
    return datetime.fromtimestamp(time.as_timet(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def properties(component, kind):
    found, last = [], component.get_first_property(kind)
    while last is not None:
        found.append(last)
        last = component.get_next_property(kind)
    return found


def people(component, kind):
    found = []
    for p in properties(component, kind):
        cn = p.get_first_parameter(ICalGLib.ParameterKind.CN_PARAMETER)
        found.append({"name": cn.get_cn() if cn else "", "address": p.get_value_as_string()})
    return found


def entry(component):
    kind = ICalGLib.PropertyKind
    url = properties(component, kind.URL_PROPERTY)
    return {
        "uid": component.get_uid(),
        "sequence": component.get_sequence(),
        "stamp": instant(component.get_dtstamp()),
        "start": instant(component.get_dtstart()),
        "end": instant(component.get_dtend()),
        "summary": component.get_summary() or "",
        "description": component.get_description() or "",
        "location": component.get_location() or "",
        "url": url[0].get_url() if url else "",
        "status": component.get_status().value_nick.upper(),
        "organizer": people(component, kind.ORGANIZER_PROPERTY),
        "attendees": people(component, kind.ATTENDEE_PROPERTY),
    }


def apply(client, files):
    after = []
    for file in files:
        component = ICalGLib.Component.new_from_string(base64.b64decode(file).decode())
        client.receive_objects_sync(component, ECal.OperationFlags.NONE, None)
        _, there = client.get_object_list_sync("#t", None)
        after.append(sorted((entry(c) for c in there), key=lambda e: e["uid"]))
    return after


questions = {f"calendar-{number}": json.loads(line)["files"] for number, line in enumerate(sys.stdin)}
prepare(questions)
registry = EDataServer.SourceRegistry.new_sync(None)
for uid, files in questions.items():
    try:
        answer = {"after": apply(open_calendar(registry, uid), files)}
    except Exception as trouble:
        answer = {"trouble": f"{type(trouble).__name__}: {trouble}"}
    print(json.dumps(answer), flush=True)
