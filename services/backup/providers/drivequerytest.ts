import type { FakeFile } from './drivestoretest.ts';

/** Decides on one file; `parents` are the folders that the query names. */
export interface Query {
  matches(file: FakeFile): boolean;
  parents: readonly string[];
}

type Test = (file: FakeFile) => boolean;

/** Reads the part of Drive's search grammar that this project uses; undefined for what Drive would call invalid. */
export function parseQuery(text: string): Query | undefined {
  const tokens = text.match(/'(?:\\.|[^'\\])*'|[(){}=]|[\w.]+|\S/g) ?? [];
  const parents: string[] = [];
  let at = 0;
  const next = () => tokens[at++] ?? '';
  const expect = (...wanted: string[]) => {
    for (const token of wanted) if (next() !== token) throw new SyntaxError(text);
  };
  const literal = () => {
    const token = next();
    if (!token.startsWith("'")) throw new SyntaxError(text);
    return token.slice(1, -1).replace(/\\(.)/g, '$1');
  };
  function all(): Test {
    const tests = [any()];
    while (tokens[at] === 'and' && ++at) tests.push(any());
    return (file) => tests.every((test) => test(file));
  }
  function any(): Test {
    const tests = [one()];
    while (tokens[at] === 'or' && ++at) tests.push(one());
    return (file) => tests.some((test) => test(file));
  }
  function one(): Test {
    if (tokens[at] === '(') return group();
    if (tokens[at]?.startsWith("'")) return parent();
    const field = next();
    if (field === 'properties') return property();
    expect('=');
    if (field === 'trashed') return flag(next());
    if (field !== 'name' && field !== 'mimeType') throw new SyntaxError(text);
    const value = literal();
    return (file) => file[field] === value;
  }
  function group(): Test {
    at++;
    const inner = all();
    expect(')');
    return inner;
  }
  function parent(): Test {
    const id = literal();
    expect('in', 'parents');
    parents.push(id);
    return (file) => file.parents.includes(id);
  }
  function property(): Test {
    expect('has', '{', 'key', '=');
    const key = literal();
    expect('and', 'value', '=');
    const value = literal();
    expect('}');
    return (file) => file.properties[key] === value;
  }
  function flag(value: string): Test {
    if (value !== 'true' && value !== 'false') throw new SyntaxError(text);
    return (file) => `${file.trashed}` === value;
  }
  try {
    const matches = all();
    return at === tokens.length ? { matches, parents } : undefined;
  } catch {
    return undefined;
  }
}
