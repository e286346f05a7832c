package dev.varve.engine.io;

/** The operating system refused or failed an operation on a file. The message says what, where and with which errno. */
public class IoFailureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * Makes an exception.
     *
     * @param message what failed, where, and what to do
     * @param errno   the positive errno, 0 if there is none
     */
    public IoFailureException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    /**
     * Makes an exception with a cause.
     *
     * @param message what failed, where, and what to do
     * @param cause   why
     */
    public IoFailureException(String message, Throwable cause) {
        super(message, cause);
        this.errno = 0;
    }

    /**
     * The exception for a failed request.
     *
     * @param request the request
     * @return the exception; a {@link NoSpaceException} if the file system is full
     */
    public static IoFailureException of(IoRequest request) {
        String what = request.kind() + " of " + request.file().path()
            + " at offset " + request.offset() + ", length " + request.length() + " (" + request.bytes() + " transferred)";
        return of(what, request.errno());
    }

    /**
     * The exception for a failed call.
     *
     * @param what  the operation and its object
     * @param errno the positive errno
     * @return the exception; a {@link NoSpaceException} if the file system is full
     */
    public static IoFailureException of(String what, int errno) {
        if (Errno.isNoSpace(errno)) {
            return new NoSpaceException(what + " failed: " + Errno.describe(errno), errno);
        }
        return new IoFailureException(what + " failed: " + Errno.describe(errno), errno);
    }

    /**
     * The operating system's number for the reason.
     *
     * @return the positive errno, 0 if there is none
     */
    public int errno() {
        return errno;
    }
}
