import { type PhotoView, renditionEdges, renditionUrl } from '@kilat/contract';
import { t } from '#lib/messages/t.ts';
import { goto } from '$app/navigation';
import type { Gallery } from './gallery.svelte.ts';
import 'photoswipe/style.css';

/** Says what to open, and the tile that it grows from. */
export interface LightboxOptions {
  gallery: Gallery;
  eventId: string;
  photoId: string;
  tile?: HTMLElement | undefined;
}

/** Opens one photo large; what comes in meanwhile does not move what is looked at. The back button closes it. */
export async function openLightbox({ gallery, eventId, photoId, tile }: LightboxOptions): Promise<void> {
  const { default: PhotoSwipe } = await import('photoswipe');
  const photos = gallery.photos.filter((photo) => photo.renditions.length > 0);
  const slideOf = (photo: PhotoView) => slide(photo, eventId, gallery.media.capability);
  const box = new PhotoSwipe({
    dataSource: photos.map(slideOf),
    index: photos.findIndex((photo) => photo.photo_id === photoId),
    bgOpacity: 1,
    showHideAnimationType: tile === undefined ? 'fade' : 'zoom',
    closeTitle: t('gallery.close'),
    arrowNextTitle: t('gallery.next'),
    arrowPrevTitle: t('gallery.previous'),
    zoomTitle: t('gallery.zoom'),
    loop: false,
    preload: [1, 2],
  });
  const tileOf = (at: number) => document.querySelector<HTMLElement>(`[data-photo="${photos[at]?.photo_id}"] img`);
  box.addFilter('thumbEl', (found, _data, at) => tileOf(at) ?? found ?? tile ?? document.body);
  await giveAddress(photoId);
  box.on('change', () => void address(photos[box.currIndex]?.photo_id ?? photoId, true));
  closeByBackButton(box);
  box.init();
}

function slide(photo: PhotoView, eventId: string, capability: string) {
  const best = photo.renditions.findLast((rendition) => rendition !== 'web') ?? 'small';
  const [width, height] = [photo.width ?? 3, photo.height ?? 2];
  const scale = Math.min(1, renditionEdges[best] / Math.max(width, height));
  const url = (rendition: PhotoView['renditions'][number]) =>
    renditionUrl({ event_id: eventId, ...photo }, rendition, capability);
  return {
    src: url(best),
    msrc: url('small'),
    width: Math.round(width * scale),
    height: Math.round(height * scale),
    alt: photo.caption ?? '',
  };
}

function address(photoId: string, replace: boolean): Promise<void> {
  return goto(`?photo=${photoId}`, { state: { photo: photoId }, shallow: true, replace });
}

// Whoever came by a photo's own address has the gallery behind it, not the page before.
async function giveAddress(photoId: string): Promise<void> {
  if (location.search !== '') await goto(location.pathname, { shallow: true, replace: true });
  await address(photoId, false);
}

function closeByBackButton(box: { on: (name: 'close', handler: () => void) => void; close: () => void }): void {
  let left = false;
  const back = () => {
    left = true;
    box.close();
  };
  window.addEventListener('popstate', back, { once: true });
  box.on('close', () => {
    window.removeEventListener('popstate', back);
    if (!left) history.back();
  });
}
