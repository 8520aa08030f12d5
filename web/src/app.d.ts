declare global {
  namespace App {
    interface Error {
      message: string;
      code?: string;
      /** Is the id of the line in the log that says more. */
      error_id?: string;
    }
    interface PageState {
      photo?: string;
    }
  }
}

export {};
