package dev.varve.engine.channel;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Calls on channels that an interrupt of the calling thread must not reach: it would close the channel, and hide whether the call failed.
 * Each runs on a thread of its own. No state; any thread.
 */
final class Uninterrupted {
    private Uninterrupted() {
    }

    /** A call that may fail. */
    @FunctionalInterface
    interface Call<T> {
        T run() throws IOException;
    }

    /**
     * Makes a call and waits for it; an interrupt stays pending.
     *
     * @param call what to do
     * @return what it returned
     * @throws IOException what it threw
     */
    static <T> T call(Call<T> call) throws IOException {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("varve-channel-call").start(() -> {
            try {
                result.complete(call.run());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        boolean isInterrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    isInterrupted = true;
                } catch (ExecutionException e) {
                    throw thrown(e.getCause());
                }
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static IOException thrown(Throwable cause) {
        return switch (cause) {
            case IOException e -> e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(cause);
        };
    }
}
