import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

// `vite dev` stands before the door of an install here, not behind it: it passes on what no page answers, Host and all.
const door = process.env.DOOR_URL;

export default defineConfig({
  server: door === undefined ? {} : { proxy: { '^/(api|files|live|media)/': { target: door } } },
  plugins: [
    sveltekit({
      adapter: adapter(),
      // Registered when a guest asks to be told of photos, and not before.
      serviceWorker: { register: false },
      csp: {
        mode: 'auto',
        directives: {
          'default-src': ['self'],
          'img-src': ['self', 'data:', 'blob:'],
          'style-src': ['self', 'unsafe-inline'],
          'object-src': ['none'],
          'base-uri': ['none'],
          'frame-ancestors': ['none'],
        },
      },
    }),
  ],
});
