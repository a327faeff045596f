"""Messages as Confluent's own Python serializers write them, with the schemas that a registry serves for
them, for test/ingest/formats/confluent-oracle.test.ts.

    pip install "confluent-kafka[avro,json,protobuf,schemaregistry]==2.16.0" grpcio-tools fastavro==1.13.1
    python bench/oracles/confluent_messages.py > test/fixtures/formats/confluent/messages.json

Avro is written by fastavro, Protobuf by protoc's classes. The registry is the client library's own mock.
A registry shows a Protobuf schema as text, the mock as the descriptor that was sent: the text is put in
its place.
"""

import base64
import importlib
import json
import pathlib
import sys
import tempfile
import uuid
from datetime import date, datetime, timezone
from decimal import Decimal

from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from grpc_tools import protoc

COMMON_PROTO = """syntax = "proto3";
package shop;
message Money { int64 units = 1; sint32 nanos = 2; }
enum Plan { FREE = 0; PRO = 1; }
"""

EVENT_PROTO = """syntax = "proto3";
package shop;
import "shop/common.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
message Unused { string x = 1; }
message Outer {
  message Unused { string x = 1; }
  message Event {
    string model = 1;
    string id = 2;
    google.protobuf.Timestamp ts = 3;
    map<string, double> features = 4;
    optional double score = 5;
    double latency_ms = 6;
    repeated sint64 history = 7;
    repeated string words = 8;
    Plan plan = 9;
    Money money = 10;
    oneof answer { string text = 11; bool flag = 12; }
    google.protobuf.DoubleValue wrapped = 13;
    google.protobuf.Struct extra = 14;
    fixed64 wide = 15;
    bytes raw = 16;
    optional string nothing = 17;
    float ratio = 18;
    map<int32, Plan> plans = 19;
    uint64 count = 2047;
  }
}
"""

AVRO = {
    "type": "record",
    "name": "Event",
    "namespace": "shop.v1",
    "fields": [
        {"name": "model", "type": "string"},
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "created", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {
            "name": "fee",
            "type": {"type": "fixed", "name": "Fee", "size": 6, "logicalType": "decimal", "precision": 12, "scale": 4},
        },
        {"name": "plan", "type": {"type": "enum", "name": "Plan", "symbols": ["FREE", "PRO"]}},
        {"name": "next_plan", "type": ["null", "Plan"]},
        {"name": "score", "type": ["null", "double"], "default": None},
        {"name": "answer", "type": ["string", "long", "boolean"]},
        {"name": "ratio", "type": "float"},
        {"name": "wide", "type": "long"},
        {"name": "small", "type": "int"},
        {"name": "raw", "type": "bytes"},
        {"name": "nothing", "type": "null"},
        {"name": "features", "type": {"type": "map", "values": ["null", "double", "string"]}},
        {"name": "history", "type": {"type": "array", "items": "long"}},
        {"name": "place", "type": "shop.geo.Place"},
        {
            "name": "tree",
            "type": {
                "type": "record",
                "name": "Tree",
                "fields": [
                    {"name": "value", "type": "int"},
                    {"name": "children", "type": {"type": "array", "items": "Tree"}},
                ],
            },
        },
    ],
}

PLACE = {
    "type": "record",
    "name": "Place",
    "namespace": "shop.geo",
    "fields": [{"name": "country", "type": "string"}, {"name": "box", "type": ["null", "Box"]}],
}
BOX = {
    "type": "record",
    "name": "Box",
    "namespace": "shop.geo",
    "fields": [{"name": "corner", "type": {"type": "array", "items": "double"}}],
}


def case(name, kind, message, schema, value, references=()):
    return {
        "name": name,
        "type": kind,
        "hex": message.hex(),
        "schema": schema,
        "references": [{"name": n, "text": t} for n, t in references],
        "value": value,
    }


def avro_case(registry):
    registry.register_schema("box", Schema(json.dumps(BOX), "AVRO"))
    box = [SchemaReference("shop.geo.Box", "box", 1)]
    registry.register_schema("place", Schema(json.dumps(PLACE), "AVRO", box))
    place = [SchemaReference("shop.geo.Place", "place", 1)]
    text = json.dumps(AVRO)
    serializer = AvroSerializer(registry, Schema(text, "AVRO", place))
    at = datetime(2026, 11, 20, 21, 0, 0, 123456, tzinfo=timezone.utc)
    event = {
        "model": "fraud",
        "id": uuid.UUID("3f2b8f5e-6a53-4c3e-9f2e-0d5f4b3c2a19"),
        "ts": at,
        "created": at,
        "day": date(2026, 11, 20),
        "local": datetime(2026, 11, 20, 22, 0, 0, 5000),
        "amount": Decimal("-1234.56"),
        "fee": Decimal("0.0625"),
        "plan": "PRO",
        "next_plan": "FREE",
        "score": 0.1,
        "answer": True,
        "ratio": 0.5,
        "wide": -(2**63),
        "small": -70000,
        "raw": b"\x00\xff\x10",
        "nothing": None,
        "features": {"amount": 12.5, "country": "DE", "gone": None, "Zürich": "ü"},
        "history": [0, -1, 63, -64, 64, 2**31, -(2**52), 2**53 - 1],
        "place": {"country": "DE", "box": {"corner": [1.5, -2.5]}},
        "tree": {"value": 1, "children": [{"value": 2, "children": []}, {"value": 3, "children": []}]},
    }
    plain = {
        **event,
        "id": str(event["id"]),
        "ts": 1795208400123,
        "created": 1795208400123,
        "day": "2026-11-20",
        "local": "2026-11-20T22:00:00.005",
        "amount": -1234.56,
        "fee": 0.0625,
        "wide": str(-(2**63)),
        "raw": base64.b64encode(event["raw"]).decode(),
    }
    assert plain["ts"] == int(at.timestamp() * 1000)
    message = serializer(event, SerializationContext("avro", MessageField.VALUE))
    references = [("shop.geo.Box", json.dumps(BOX)), ("shop.geo.Place", json.dumps(PLACE))]
    return case("avro", "AVRO", message, text, plain, references)


def protobuf_cases(registry):
    with tempfile.TemporaryDirectory() as folder:
        files = {"shop/common.proto": COMMON_PROTO, "shop/event.proto": EVENT_PROTO}
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        well_known = pathlib.Path(protoc.__file__).parent / "_proto"
        paths = [f"-I{folder}", f"-I{well_known}", f"--python_out={folder}"]
        assert protoc.main(["protoc", *paths, *files]) == 0
        sys.path.insert(0, folder)
        module = importlib.import_module("shop.event_pb2")
        Event = module.Outer.Event
        serializer = ProtobufSerializer(Event, registry)
        full = Event(
            model="fraud",
            id="r-1",
            features={"amount": 12.5, "age": 0.0},
            score=0.0,
            latency_ms=12.25,
            history=[0, -1, 2**53 - 1, -(2**53)],
            words=["a", "", "ü"],
            plan=1,
            flag=False,
            wide=2**64 - 1,
            raw=b"\x00\xff",
            ratio=0.5,
            plans={-1: 1, 2: 0},
            count=2**53 + 1,
        )
        full.ts.FromDatetime(datetime(2026, 11, 20, 21, 0, 0, 123456))
        full.money.units = -5
        full.money.nanos = -7
        full.wrapped.value = 0.0
        full.extra.update({"a": [1, None, {"b": "c"}], "d": True})
        plain = {
            "model": "fraud",
            "id": "r-1",
            "ts": 1795208400123,
            "features": {"amount": 12.5, "age": 0},
            "score": 0,
            "latency_ms": 12.25,
            "history": [0, -1, 2**53 - 1, str(-(2**53))],
            "words": ["a", "", "ü"],
            "plan": "PRO",
            "money": {"units": -5, "nanos": -7},
            "flag": False,
            "wrapped": 0,
            "extra": {"a": [1, None, {"b": "c"}], "d": True},
            "wide": str(2**64 - 1),
            "raw": base64.b64encode(b"\x00\xff").decode(),
            "ratio": 0.5,
            "plans": {"-1": "PRO", "2": "FREE"},
            "count": str(2**53 + 1),
        }
        empty = {"latency_ms": 0, "plan": "FREE", "wide": 0, "ratio": 0, "count": 0}
        context = SerializationContext("protobuf", MessageField.VALUE)
        references = [("shop/common.proto", COMMON_PROTO)]
        first = ProtobufSerializer(module.Unused, registry)
        return [
            case("protobuf", "PROTOBUF", serializer(full, context), EVENT_PROTO, plain, references),
            case("protobuf of defaults", "PROTOBUF", serializer(Event(), context), EVENT_PROTO, empty, references),
            case(
                "protobuf of the first message",
                "PROTOBUF",
                first(module.Unused(x="y"), context),
                EVENT_PROTO,
                {"x": "y"},
                references,
            ),
        ]


def json_case(registry):
    text = json.dumps({"title": "Event", "type": "object", "properties": {"model": {"type": "string"}}})
    serializer = JSONSerializer(text, registry)
    value = {"model": "fraud", "id": "r-1", "features": {"amount": 12.5}}
    message = serializer(value, SerializationContext("json", MessageField.VALUE))
    return case("json", "JSON", message, text, value)


if __name__ == "__main__":
    client = SchemaRegistryClient.new_client({"url": "mock://oracle"})
    print(json.dumps([avro_case(client), *protobuf_cases(client), json_case(client)], indent=1, ensure_ascii=False))
