import { required } from '../env/types.ts';

/** Lists the settings of the message bus. */
export const busSettings = {
  NATS_URL: required('URL of nats-server 2.11 or newer with JetStream'),
};
