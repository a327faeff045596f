class KafkaError(Exception):
    pass
