import { type EntityManager, IsolationLevel } from '@mikro-orm/postgresql';

/** Sets how a transaction runs; `committing` is called once its work is done and its outcome may become unknown. */
export interface TransactOptions {
  snapshot?: boolean;
  committing?: () => void;
}

/**
 * Runs work in one transaction of an entity manager. Not by MikroORM's own: those never give back a connection on which a
 * rollback failed, so that each restart of PostgreSQL would take from the pool all that were busy.
 */
export async function transact<T>(
  em: EntityManager,
  work: (em: EntityManager) => Promise<T>,
  { snapshot = false, committing = () => {} }: TransactOptions = {},
): Promise<T> {
  let failure: unknown;
  // MikroORM looks for its database on a connection of its own before its first query: not while we hold the only one.
  await em.getConnection().ensureConnection();
  const builder = em.getKysely<unknown>().transaction();
  const running = snapshot
    ? builder.setIsolationLevel(IsolationLevel.REPEATABLE_READ).setAccessMode('read only')
    : builder;
  try {
    return await running.execute(async (transaction) => {
      em.setTransactionContext(transaction);
      try {
        const value = await work(em);
        await em.flush();
        committing();
        return value;
      } catch (error) {
        failure = error;
        throw error;
      }
    });
  } catch (error) {
    // A rollback on a connection that is gone fails too: what counts is why it was needed.
    throw failure ?? error;
  }
}
