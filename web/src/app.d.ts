declare global {
  namespace App {
    interface Error {
      message: string;
      code?: string;
      /** Is the id of the line in the log that says more. */
      error_id?: string;
    }
    interface Locals {
      /** Is why the api was not reached. */
      cause?: unknown;
    }
    interface PageState {
      photo?: string;
    }
  }
}

export {};
