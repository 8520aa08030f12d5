import type { Language, MailKind } from '@kilat/contract';

/** Is what a letter tells of; `count` and `failed` are numbers of what its kind is about. */
export interface Facts {
  title: string;
  url: string;
  count: number;
  failed: number;
  /** Is when something ends, and the zone in which its reader reads it. */
  at: string | null;
  zone: string;
}

/** Is what a letter says. */
export interface Words {
  subject: string;
  lines: string[];
  action: string;
}

type Writer = (facts: Facts, language: Language) => Words;

const en: Record<MailKind | 'confirm_address', Writer> = {
  confirm_address: () => ({
    subject: 'Is this your address?',
    lines: ['Somebody, likely you, wants Kilat to write to this address. If it was not you, do nothing.'],
    action: 'Yes, write to me',
  }),
  gallery_ready: ({ title, count }, language) => ({
    subject: `The photos of ${title} are ready`,
    lines: [`All ${many(count, language, 'photo', 'photos')} are in the gallery.`],
    action: 'Look at the gallery',
  }),
  link_expiring: ({ title, at, zone }, language) => ({
    subject: `A link to ${title} ends soon`,
    lines: [`Guests can open it until ${moment(at, zone, language)}.`, 'After that, they need a new one.'],
    action: 'Open the event',
  }),
  daily_digest: ({ title, count, failed }, language) => ({
    subject: `${title}: ${many(count, language, 'new photo', 'new photos')}`,
    lines: [
      `Since the last digest, ${many(count, language, 'photo has', 'photos have')} come in.`,
      ...(failed > 0
        ? [`${many(failed, language, 'photo has failed and waits', 'photos have failed and wait')} for you.`]
        : []),
    ],
    action: 'Open the event',
  }),
  upload_finished: ({ title, count, failed }, language) => ({
    subject: failed > 0 ? `${title}: your upload has ended, with failures` : `${title}: your upload is complete`,
    lines: [
      `${many(count, language, 'photo is', 'photos are')} stored and ready.`,
      ...(failed > 0 ? [`${many(failed, language, 'photo', 'photos')} failed.`] : []),
    ],
    action: 'See your cards',
  }),
  failures_waiting: ({ title, failed }, language) => ({
    subject: `${title}: ${many(failed, language, 'photo has failed', 'photos have failed')}`,
    lines: ['They are kept. You can try them again, or see why they failed.'],
    action: 'See what failed',
  }),
  backlog: ({ title, count }, language) => ({
    subject: `${title} is over, and ${many(count, language, 'photo is', 'photos are')} still on the way`,
    lines: ['They were announced or stored, and are not ready yet. Uploads that stopped may need their photographer.'],
    action: 'See what is missing',
  }),
};

const id: Record<MailKind | 'confirm_address', Writer> = {
  confirm_address: () => ({
    subject: 'Apakah ini alamat Anda?',
    lines: ['Seseorang, mungkin Anda, ingin Kilat menulis ke alamat ini. Jika bukan Anda, abaikan saja.'],
    action: 'Ya, kirimi saya email',
  }),
  gallery_ready: ({ title, count }, language) => ({
    subject: `Foto-foto ${title} sudah siap`,
    lines: [`Semua ${many(count, language, 'foto')} sudah ada di galeri.`],
    action: 'Lihat galeri',
  }),
  link_expiring: ({ title, at, zone }, language) => ({
    subject: `Tautan ke ${title} segera berakhir`,
    lines: [
      `Tamu dapat membukanya sampai ${moment(at, zone, language)}.`,
      'Setelah itu mereka memerlukan tautan baru.',
    ],
    action: 'Buka acara',
  }),
  daily_digest: ({ title, count, failed }, language) => ({
    subject: `${title}: ${many(count, language, 'foto baru')}`,
    lines: [
      `${many(count, language, 'foto')} masuk sejak ringkasan terakhir.`,
      ...(failed > 0 ? [`${many(failed, language, 'foto')} gagal dan menunggu Anda.`] : []),
    ],
    action: 'Buka acara',
  }),
  upload_finished: ({ title, count, failed }, language) => ({
    subject: failed > 0 ? `${title}: unggahan Anda berakhir, ada yang gagal` : `${title}: unggahan Anda selesai`,
    lines: [
      `${many(count, language, 'foto')} tersimpan dan siap.`,
      ...(failed > 0 ? [`${many(failed, language, 'foto')} gagal.`] : []),
    ],
    action: 'Lihat kartu Anda',
  }),
  failures_waiting: ({ title, failed }, language) => ({
    subject: `${title}: ${many(failed, language, 'foto')} gagal`,
    lines: ['Foto itu tetap tersimpan. Anda dapat mencobanya lagi, atau melihat sebabnya.'],
    action: 'Lihat yang gagal',
  }),
  backlog: ({ title, count }, language) => ({
    subject: `${title} sudah usai, ${many(count, language, 'foto')} masih dalam perjalanan`,
    lines: [
      'Foto itu sudah diumumkan atau tersimpan, tetapi belum siap. Unggahan yang berhenti mungkin memerlukan fotografernya.',
    ],
    action: 'Lihat yang kurang',
  }),
};

/** Lists what is said of each kind, in each language. */
export const words: Record<Language, Record<MailKind | 'confirm_address', Writer>> = { en, id };

/** Says how many there are of something, as a language writes numbers. */
export function many(count: number, language: Language, one: string, more = one): string {
  return `${new Intl.NumberFormat(language).format(count)} ${count === 1 ? one : more}`;
}

function moment(at: string | null, zone: string, language: Language): string {
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: zone } as const;
  return at === null ? '' : `${new Intl.DateTimeFormat(language, format).format(new Date(at))} (${zone})`;
}
