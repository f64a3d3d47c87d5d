-- verdict/take_time: this transaction may move as many messages as it must, however long that takes
SELECT set_config('statement_timeout', '0', true)
