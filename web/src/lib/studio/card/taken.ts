import type { PhotoDetails } from '@kilat/contract';

/** Writes how a photo was taken, as far as its file tells: Canon EOS 5D · 1/250 s · f/2.8 · ISO 400 · 50 mm. */
export function takenWith(details: PhotoDetails | undefined): string {
  if (details === undefined) return '';
  const { camera, lens, exposure_seconds, f_number, iso, focal_length_mm } = details;
  const facts = [
    camera,
    lens,
    exposure_seconds && `${shutter(exposure_seconds)} s`,
    f_number && `f/${rounded(f_number)}`,
    iso && `ISO ${iso}`,
    focal_length_mm && `${rounded(focal_length_mm)} mm`,
  ];
  return facts.filter(Boolean).join(' · ');
}

// Cameras write fractions for what is shorter than a third of a second.
function shutter(seconds: number): string {
  return seconds < 0.3 ? `1/${Math.round(1 / seconds)}` : String(rounded(seconds));
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
