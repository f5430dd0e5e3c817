"""Verifies the first signature of letters with dkimpy.

One JSON object {"file": base64, "name": DNS name, "record": TXT} on a line of standard input for each letter; one on a line
of standard output. No name is looked up anywhere: the record given is all of the DNS.
"""

import base64
import json
import sys

import dkim


def verify(letter, name, record):
    def lookup(asked, timeout=5):
        return record.encode() if asked.decode().rstrip(".") == name else None

    d = dkim.DKIM(letter)
    valid = d.verify(dnsfunc=lookup)
    return {
        "valid": valid,
        "domain": d.domain.decode(),
        "selector": d.selector.decode(),
        "signed": [h.decode().lower() for h in d.include_headers],
    }


for line in sys.stdin:
    q = json.loads(line)
    try:
        answer = verify(base64.b64decode(q["file"]), q["name"], q["record"])
    except Exception as trouble:
        answer = {"valid": False, "trouble": f"{type(trouble).__name__}: {trouble}"}
    print(json.dumps(answer), flush=True)
