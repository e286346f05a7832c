package dev.varve.wal;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * One acknowledgement for a future or a listener.
 *
 * @param receiver   the future or the listener
 * @param attachment given to a listener
 * @param appended   the record
 */
record Ack(Object receiver, Object attachment, Appended appended) {
    /** Tells all of them, in order, on the executor. A failure tells them that it is not known what became of their records. */
    static void tell(List<Ack> acks, Throwable failure, Executor executor) {
        executor.execute(() -> acks.forEach(ack -> ack.tell(failure)));
    }

    @SuppressWarnings("unchecked") // Only futures of Appended are ever receivers.
    private void tell(Throwable failure) {
        try {
            if (receiver instanceof CompletableFuture<?> future) {
                complete((CompletableFuture<Appended>) future, failure);
            } else if (failure == null) {
                ((AppendListener) receiver).appended(appended.lsn(), appended.sequence(), attachment);
            } else {
                ((AppendListener) receiver).failed(indeterminate(failure), attachment);
            }
        } catch (RuntimeException | Error e) {
            // A callback's trouble is its own; those of the other records must still be told.
            System.getLogger(WriteAheadLog.class.getName()).log(System.Logger.Level.WARNING,
                "the callback of the record at LSN " + appended.lsn() + " failed", e);
        }
    }

    private void complete(CompletableFuture<Appended> future, Throwable failure) {
        if (failure == null) {
            future.complete(appended);
        } else {
            future.completeExceptionally(indeterminate(failure));
        }
    }

    private IndeterminateAppendException indeterminate(Throwable failure) {
        return new IndeterminateAppendException(appended.lsn(), failure.getMessage(), failure);
    }
}
