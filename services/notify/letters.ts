import type { Language, MailKind } from '@kilat/contract';
import { type Facts, type Words, words } from './words.ts';

/** Is a mail as it is kept and sent: every attempt has these bytes. */
export interface Letter {
  language: Language;
  subject: string;
  text: string;
  html: string;
  /** Is the link that ends mails of this kind; null for a question that is asked once. */
  unsubscribe: string | null;
}

/** Is what a letter is made of. */
export interface LetterParts {
  kind: MailKind | 'confirm_address';
  language: Language;
  facts: Facts;
  unsubscribe: string | null;
}

const frames: Record<Language, { stop: string; why: string }> = {
  en: { stop: 'Stop mails of this kind', why: 'You get this because you gave this address in Kilat.' },
  id: {
    stop: 'Berhenti menerima email jenis ini',
    why: 'Anda menerima email ini karena Anda memberikan alamat ini di Kilat.',
  },
};

/** Writes a letter, as plain text and as HTML. */
export function writeLetter({ kind, language, facts, unsubscribe }: LetterParts): Letter {
  const said = words[language][kind]({ ...facts, title: plain(facts.title) }, language);
  const frame = frames[language];
  return {
    language,
    subject: said.subject,
    unsubscribe,
    text: textOf(said, facts, frame, unsubscribe),
    html: htmlOf(),
  };

  function htmlOf(): string {
    const stop =
      unsubscribe === null ? '' : ` <a href="${escaped(unsubscribe)}" style="color:#667">${escaped(frame.stop)}</a>`;
    return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>${escaped(said.subject)}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:560px;margin:0 auto">
<h1 style="font-size:20px;margin:0 0 16px">${escaped(said.subject)}</h1>
${said.lines.map((line) => `<p style="margin:0 0 16px">${escaped(line)}</p>`).join('\n')}
<p style="margin:24px 0"><a href="${escaped(facts.url)}" style="background:#1a56db;color:#fff;text-decoration:none;padding:12px 20px;border-radius:8px;display:inline-block">${escaped(said.action)}</a></p>
<p style="font-size:13px;color:#667;margin:32px 0 0">${escaped(frame.why)}${stop}</p>
</div></body></html>
`;
  }
}

function textOf(said: Words, facts: Facts, frame: { stop: string; why: string }, unsubscribe: string | null): string {
  const foot = unsubscribe === null ? [frame.why] : [frame.why, `${frame.stop}: ${unsubscribe}`];
  return [said.subject, '', ...said.lines, '', `${said.action}: ${facts.url}`, '', '-- ', ...foot, ''].join('\n');
}

// A title stands in a header too: no line of its own, nothing that turns the text around.
function plain(title: string): string {
  return title.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
