"""A feed service in Python, as schemas/README.md describes one.

Asks for rankings, shows what comes back and tells what people did. Brokers, registry and logins are what `feedloop stack
env feed` prints; a stack that asks nobody needs only the addresses.

    python feed.py PREFIX REQUESTS PAUSE_AT

Everybody likes the items of one category. After PAUSE_AT requests it says "paused" and waits for a line. The last line of
its output is what it found, as JSON.
"""

import json
import os
import random
import sys
import time

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

USERS, ITEMS, CATEGORIES, CANDIDATES = 40, 40, 4, 10
CLICKS_LIKED, CLICKS_OTHER = 0.6, 0.05
MINUTE_MS = 60_000
ROUND_MS = 5 * MINUTE_MS
ANSWER_SECONDS_MAX = 60
LATE_SECONDS = 3


def secret_of(variable):
    file = os.environ.get(f'{variable}_FILE')
    if file:
        with open(file) as opened:
            return opened.read().rstrip('\n')
    return os.environ.get(variable, '')


def kafka_settings():
    env = os.environ
    tls, mechanism = env.get('FEEDLOOP_KAFKA_TLS') == 'true', env.get('FEEDLOOP_KAFKA_SASL_MECHANISM')
    settings = {'bootstrap.servers': env['FEEDLOOP_KAFKA_BROKERS']}
    protocol = ('SASL_' if mechanism else '') + ('SSL' if tls else 'PLAINTEXT')
    settings['security.protocol'] = protocol
    if tls:
        settings['ssl.ca.location'] = env['FEEDLOOP_KAFKA_TLS_CA_FILE']
    if mechanism:
        settings['sasl.mechanism'] = mechanism.upper()
        settings['sasl.username'] = env['FEEDLOOP_KAFKA_SASL_USERNAME']
        settings['sasl.password'] = secret_of('FEEDLOOP_KAFKA_SASL_PASSWORD')
    return settings


def registry_settings():
    env = os.environ
    settings = {'url': env['FEEDLOOP_REGISTRY_URL']}
    if 'FEEDLOOP_REGISTRY_TLS_CA_FILE' in env:
        settings['ssl.ca.location'] = env['FEEDLOOP_REGISTRY_TLS_CA_FILE']
    if 'FEEDLOOP_REGISTRY_USERNAME' in env:
        login = (env['FEEDLOOP_REGISTRY_USERNAME'], secret_of('FEEDLOOP_REGISTRY_PASSWORD'))
        settings['basic.auth.user.info'] = ':'.join(login)
    return settings


class Topics:
    """Writes records with the schemas that feedloop has registered, and reads predictions."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.registry = SchemaRegistryClient(registry_settings())
        self.serializers = {}
        self.producer = Producer({
            **kafka_settings(),
            'compression.type': 'lz4',
            # Java's partitioner: what belongs together lies in the same partition of all topics.
            'partitioner': 'murmur2_random',
            'linger.ms': 5,
            'enable.idempotence': True,
        })
        self.consumer = Consumer({
            **kafka_settings(),
            'group.id': f'{prefix}.feed.python',
            'auto.offset.reset': 'earliest',
        })
        self.consumer.subscribe([self.name('predictions')])
        self.deserialize = AvroDeserializer(self.registry)

    def name(self, topic):
        return f'{self.prefix}.{topic}.v1'

    def write(self, topic, key, record):
        name = self.name(topic)
        if name not in self.serializers:
            settings = {'auto.register.schemas': False, 'use.latest.version': True}
            self.serializers[name] = AvroSerializer(self.registry, conf=settings)
        value = self.serializers[name](record, SerializationContext(name, MessageField.VALUE))
        self.producer.produce(name, key=key, value=value, on_delivery=must_arrive)
        self.producer.poll(0)

    def flush(self):
        if self.producer.flush(ANSWER_SECONDS_MAX) > 0:
            raise RuntimeError('the brokers did not acknowledge')

    def predictions(self, seconds):
        """Those that come within this time."""
        for message in self.consumer.consume(500, seconds):
            if message.error() is None:
                context = SerializationContext(message.topic(), MessageField.VALUE)
                yield self.deserialize(message.value(), context)
            elif message.error().code() != KafkaError._PARTITION_EOF:
                raise RuntimeError(message.error().str())


def must_arrive(error, _message):
    if error is not None:
        raise RuntimeError(error.str())


class Feed:
    def __init__(self, topics, requests, pause_at):
        self.topics, self.requests, self.pause_at = topics, requests, pause_at
        self.chance = random.Random(7)
        self.answers = {}  # records per request
        self.follows = []  # (by a model, how well the order follows the taste), in the order of answers
        self.started_ms = int(time.time() * 1000) - 24 * 60 * MINUTE_MS
        self.told = 0

    def likes(self, user, item):
        return user % CATEGORIES == item % CATEGORIES

    def tell_who_and_what(self):
        def text(name, value):
            return {'name': name, 'text': value, 'number': None}

        for item in range(ITEMS):
            attributes = [text('category', f'c{item % CATEGORIES}')]
            attributes.append({'name': 'price', 'text': None, 'number': self.chance.random()})
            self.topics.write('items', f'i{item}', {
                'itemId': f'i{item}', 'occurredAtMs': self.started_ms, 'attributes': attributes,
            })
        for user in range(USERS):
            self.topics.write('users', f'u{user}', {
                'userId': f'u{user}', 'occurredAtMs': self.started_ms,
                'attributes': [text('segment', f's{user // CATEGORIES % 4}')],
            })
        self.topics.flush()

    def play(self):
        self.tell_who_and_what()
        is_paused = False
        for first in range(0, self.requests, USERS):
            if first >= self.pause_at and not is_paused:
                is_paused = True
                print('paused', flush=True)
                sys.stdin.readline()
            self.play_round(first, min(USERS, self.requests - first))
        self.read_until(lambda: False, LATE_SECONDS)

    def play_round(self, first, count):
        at_ms = self.started_ms + (first // USERS + 1) * ROUND_MS
        asked = {}
        for user in range(count):
            request_id = f'r{first + user}'
            asked[request_id] = (user, at_ms + user * 1_000)
            self.topics.write('requests', f'u{user}', {
                'requestId': request_id, 'userId': f'u{user}', 'occurredAtMs': at_ms + user * 1_000,
                'candidates': [f'i{item}' for item in self.chance.sample(range(ITEMS), CANDIDATES)],
                'context': [],
            })
        self.topics.flush()
        shown = self.read_until(lambda: all(one in self.answers for one in asked), ANSWER_SECONDS_MAX)
        for prediction in shown:
            if prediction['requestId'] in asked:
                self.show(prediction, *asked[prediction['requestId']])
        self.topics.flush()

    def read_until(self, is_enough, seconds):
        found, ends_at = [], time.monotonic() + seconds
        while not is_enough() and time.monotonic() < ends_at:
            for prediction in self.topics.predictions(0.05):
                request_id = prediction['requestId']
                self.answers[request_id] = self.answers.get(request_id, 0) + 1
                if self.answers[request_id] == 1:
                    found.append(prediction)
        return found

    def show(self, prediction, user, asked_ms):
        """Everything is seen, and what is liked is often clicked."""
        liked = []
        for position, ranked in enumerate(prediction['ranking']):
            item = int(ranked['itemId'][1:])
            liked.append(self.likes(user, item))
            at_ms = asked_ms + 1_000 + position * 100
            self.tell(prediction, user, ranked['itemId'], 'view', 'shown', at_ms)
            if self.chance.random() < (CLICKS_LIKED if liked[-1] else CLICKS_OTHER):
                self.tell(prediction, user, ranked['itemId'], 'click', 'click', at_ms + 5_000)
        self.follows.append((prediction['fallbackReason'] is None, follows_taste(liked)))

    def tell(self, prediction, user, item_id, interaction, outcome, at_ms):
        self.told += 1
        common = {'userId': f'u{user}', 'itemId': item_id, 'occurredAtMs': at_ms, 'value': None}
        self.topics.write('interactions', f'u{user}', {
            **common, 'interactionId': f'x{self.told}', 'type': interaction, 'requestId': None, 'position': None,
        })
        self.topics.write('outcomes', f'u{user}', {
            **common, 'outcomeId': f'o{self.told}', 'type': outcome, 'requestId': prediction['requestId'],
        })

    def found(self):
        def mean(values):
            known = [value for value in values if value is not None]
            return sum(known) / len(known) if known else None

        last = self.follows[-300:]
        return {
            'requests': self.requests,
            'answered': len(self.answers),
            'records': sum(self.answers.values()),
            'told': self.told,
            'byModel': sum(by_model for by_model, _ in self.follows),
            'lastByModel': sum(by_model for by_model, _ in last),
            'withoutModel': mean([follows for by_model, follows in self.follows if not by_model]),
            'lastFollows': mean([follows for _, follows in last]),
        }


def follows_taste(liked):
    """How often an item that is liked stands before one that is not (AUC); None: there are not both."""
    pairs = [(a, b) for a in range(len(liked)) for b in range(len(liked)) if liked[a] and not liked[b]]
    return sum(a < b for a, b in pairs) / len(pairs) if pairs else None


if __name__ == '__main__':
    feed = Feed(Topics(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    feed.play()
    feed.topics.consumer.close()
    print(json.dumps(feed.found()), flush=True)
