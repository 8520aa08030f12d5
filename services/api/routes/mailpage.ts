/** Is one of the pages that a mail's links lead to, before its button is pressed or after. */
export interface MailPage {
  name: 'unsubscribe' | 'confirm';
  done: boolean;
}

const said = {
  unsubscribe: {
    ask: ['Stop mails of this kind?', 'Berhenti menerima email jenis ini?', 'Stop · Berhenti'],
    done: ['You will get no more mails of this kind.', 'Anda tidak akan menerima email jenis ini lagi.'],
  },
  confirm: {
    ask: ['Shall Kilat write to this address?', 'Bolehkah Kilat menulis ke alamat ini?', 'Yes · Ya'],
    done: ['Thank you: this address is yours.', 'Terima kasih: alamat ini milik Anda.'],
  },
} as const;

/** Writes such a page, in both languages: who opens it is known to nobody. Its form posts to its own address. */
export function mailPage({ name, done }: MailPage): string {
  const [english, indonesian, button] = done ? said[name].done : said[name].ask;
  const form = button === undefined ? '' : `<form method="post"><button>${button}</button></form>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>Kilat</title>
<style>body{font:1.125rem/1.5 system-ui;display:grid;place-content:center;min-height:90vh;margin:0 1.5rem;text-align:center}
button{font:inherit;padding:.75rem 1.5rem;border:0;border-radius:.5rem;background:#1a56db;color:#fff;cursor:pointer}</style></head>
<body><main><p>${english}</p><p lang="id">${indonesian}</p>${form}</main></body></html>
`;
}
