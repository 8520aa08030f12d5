/** Is what a browser does about push, as far as we need it. */
export interface PushBrowser {
  permission(): NotificationPermission;
  /** Asks the person, in answer to a click; where there was an answer before, it stands. */
  ask(): Promise<NotificationPermission>;
  /** Subscribes to messages of who holds a key, or gives the subscription that there is. Throws what the browser throws. */
  subscribe(key: string): Promise<PushSubscriptionJSON>;
  /** Ends the subscription, where there is one. */
  unsubscribe(): Promise<void>;
  /** Gives the address by which the subscription is known. */
  endpoint(): Promise<string | undefined>;
}

const worker = '/service-worker.js';

/** Finds push in this browser; undefined where it has none, or none over plain http. */
export function findPush(): PushBrowser | undefined {
  const known = isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  return known ? browserPush() : undefined;
}

function browserPush(): PushBrowser {
  const current = async () => (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription() ?? null;
  return {
    permission: () => Notification.permission,
    ask: () => Notification.requestPermission(),
    async subscribe(key) {
      const { pushManager } = await registered();
      const before = await pushManager.getSubscription();
      if (before !== null && isFor(before, key)) return before.toJSON();
      await before?.unsubscribe();
      return (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
    },
    async unsubscribe() {
      await (await current())?.unsubscribe();
    },
    endpoint: async () => (await current())?.endpoint,
  };
}

// Only an active worker can be subscribed.
async function registered(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register(worker);
  return navigator.serviceWorker.ready;
}

// An install whose secret was changed has another key: the old subscription would never be pushed to again.
function isFor({ options }: PushSubscription, key: string): boolean {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') === key;
}
