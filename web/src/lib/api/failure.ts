import { Problem } from '@kilat/contract';

/** Is a refusal of the api, with its stable code, and what its Retry-After asked for. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: string | null;
  constructor(status: number, code: string, detail: string, retryAfter: string | null = null) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Gives an answer's JSON; throws ApiFailure when it is a problem. */
export async function jsonOf(answer: Response): Promise<unknown> {
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const retryAfter = answer.headers.get('retry-after');
  const problem = Problem.safeParse(await answer.json().catch(() => undefined));
  if (problem.success)
    throw new ApiFailure(answer.status, problem.data.code, problem.data.detail ?? problem.data.title, retryAfter);
  throw new ApiFailure(answer.status, 'internal', answer.statusText, retryAfter);
}
