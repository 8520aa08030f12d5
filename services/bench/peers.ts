import { join } from 'node:path';
import { findProgram } from './program.ts';
import type { CommandRecipe, Recipe } from './recipe.ts';

const quality = 80;
// What peers do unless told, and what we do.
const efforts = [4, 2] as const;

/** Makes the recipes of what others would use; one whose program lacks here says so. */
export async function peers(): Promise<Recipe[]> {
  const [thumbnailer, vips] = [await findProgram('vipsthumbnail'), await findProgram('vips')];
  const magick = await findProgram(['magick', 'convert-im6.q16', 'convert'], /Version: ImageMagick/);
  const noVips = thumbnailer && vips ? undefined : 'vipsthumbnail (package libvips-tools)';
  const noMagick = magick ? undefined : 'ImageMagick (package imagemagick)';
  return efforts.flatMap((effort): Recipe[] => [
    { ...vipsChain(effort), missing: noVips },
    { ...magickChain(magick ?? 'convert', effort), missing: noMagick },
    { name: `five sharp pipelines, effort ${effort}`, work: `naive-${effort}` },
  ]);
}

/** Makes the recipe of the decoder of the floor: libjpeg-turbo at half of the size, its output thrown away. */
export async function halfDecode(): Promise<CommandRecipe> {
  const missing = (await findProgram('djpeg')) ? undefined : 'djpeg (package libjpeg-turbo-progs)';
  const commands = (file: string) => [['djpeg', '-scale', '1/2', '-outfile', '/dev/null', file]];
  return { name: 'djpeg at half of the size', commands, missing };
}

// The original once, the smaller sizes of the larger, by way of libvips's own format.
function vipsChain(effort: number): CommandRecipe {
  const save = `[Q=${quality},effort=${effort},strip]`;
  const encoding = ['--Q', String(quality), '--effort', String(effort), '--strip'];
  const commands = (file: string, folder: string) => {
    const large = join(folder, 'large.v');
    return [
      ['vipsthumbnail', file, '--size', '1600', '-o', large],
      ['vips', 'webpsave', large, join(folder, 'large.webp'), ...encoding],
      ['vipsthumbnail', large, '--size', '800', '-o', join(folder, `medium.webp${save}`)],
      ['vipsthumbnail', large, '--size', '320', '-o', join(folder, `small.webp${save}`)],
    ];
  };
  return { name: `vipsthumbnail chain, effort ${effort}`, commands };
}

function magickChain(program: string, effort: number): CommandRecipe {
  const encoding = ['-quality', String(quality), '-define', `webp:method=${effort}`];
  const commands = (file: string, folder: string) => [
    [
      ...[program, '-define', 'jpeg:size=1600x1600', file, '-auto-orient', '-strip', ...encoding],
      ...['-resize', '1600x1600', '-write', join(folder, 'large.webp')],
      ...['-resize', '800x800', '-write', join(folder, 'medium.webp')],
      ...['-resize', '320x320', join(folder, 'small.webp')],
    ],
  ];
  return { name: `ImageMagick with jpeg:size, effort ${effort}`, commands };
}
