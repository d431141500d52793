"""What fastavro makes of the bytes of one schema when it reads them by another.

Reads lines of JSON {"writer", "reader", "hex": [...]} and answers each with a line of JSON: the values as read, written
again by the reader's schema, in hex; null where bytes to be read as a string are not UTF-8. Bytes need no agreement on how Python and JavaScript show a value.
"""

import io
import json
import sys

import fastavro


def with_byte_defaults(schema):
    """fastavro hands out the default of bytes and fixed as the text in the schema."""
    if isinstance(schema, list):
        return [with_byte_defaults(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    for field in schema.get("fields", []):
        kind = field["type"]
        field["type"] = with_byte_defaults(kind)
        if kind == "bytes" or (isinstance(kind, dict) and kind["type"] == "fixed"):
            if "default" in field:
                field["default"] = field["default"].encode("latin-1")
    for inside in ("items", "values"):
        if inside in schema:
            schema[inside] = with_byte_defaults(schema[inside])
    return schema


for line in sys.stdin:
    pair = json.loads(line)
    writer, reader = (with_byte_defaults(fastavro.parse_schema(json.loads(pair[side]))) for side in ("writer", "reader"))
    answers = []
    for text in pair["hex"]:
        try:
            value = fastavro.schemaless_reader(io.BytesIO(bytes.fromhex(text)), writer, reader)
        except UnicodeDecodeError:
            answers.append(None)
            continue
        out = io.BytesIO()
        fastavro.schemaless_writer(out, reader, value)
        answers.append(out.getvalue().hex())
    print(json.dumps(answers))
