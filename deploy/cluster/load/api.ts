import { setTimeout as sleep } from 'node:timers/promises';

const { ORIGIN = '' } = process.env;

/** Sends one request until its answer is good: also a start of the load may fall into a rollout. */
export async function ask(path: string, method: string, cookie = '', body?: object): Promise<Response> {
  for (let tries = 0; ; tries++) {
    const init = { method, headers: { cookie, ...(body && { 'content-type': 'application/json' }) } };
    const answer = await fetch(`${ORIGIN}${path}`, { ...init, ...(body && { body: JSON.stringify(body) }) }).catch(
      () => undefined,
    );
    if (answer?.ok) return answer;
    if (tries > 30) throw new Error(`${method} ${path} answered ${answer?.status} ${await answer?.text()}`);
    await sleep(1_000);
  }
}

/** Answers the cookies that an answer sets, as a request carries them. */
export function cookieOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}
