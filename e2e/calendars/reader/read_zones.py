"""Tells what clocks show: one JSON object {"at": RFC 3339 in UTC, "zone": IANA name} on a line, one answer for each."""

import json
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

for line in sys.stdin:
    q = json.loads(line)
    try:
        at = datetime.strptime(q["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        answer = {"shown": at.astimezone(ZoneInfo(q["zone"])).strftime("%Y-%m-%d %H:%M")}
    except Exception as trouble:
        answer = {"trouble": f"{type(trouble).__name__}: {trouble}"}
    print(json.dumps(answer), flush=True)
