import type { NatsConnection } from '@nats-io/transport-node';

/** Subscribes to the returns of a lost connection; the answered function ends it. */
export type Reconnects = (handler: () => void) => () => void;

/** Watches a connection for as long as it lives. */
export function watchReconnects(connection: NatsConnection): Reconnects {
  const handlers = new Set<() => void>();
  void (async () => {
    for await (const { type } of connection.status())
      if (type === 'reconnect') for (const handler of handlers) handler();
  })();
  return (handler) => {
    handlers.add(handler);
    return () => handlers.delete(handler);
  };
}
