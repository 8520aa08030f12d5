import { required, wholeNumber } from '../env/types.ts';

/** Lists the settings of the message bus. */
export const busSettings = {
  NATS_URL: required(
    'URL of nats-server 2.11 or newer with JetStream, as nats://user:password@host:4222; or NATS_URL_FILE',
  ),
  WORK_ACK_WAIT_SECONDS: wholeNumber('silence after which due work goes to another consumer', {
    default: 60,
    min: 2,
    max: 3_600,
  }),
};
