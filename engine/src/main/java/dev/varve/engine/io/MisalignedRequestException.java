package dev.varve.engine.io;

/** A direct transfer whose memory, offset or length is no multiple of the block size; refused before the kernel sees it. */
public final class MisalignedRequestException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message which request, its address, offset and length, and what they must be a multiple of
     */
    public MisalignedRequestException(String message) {
        super(message);
    }

    /**
     * Makes an exception.
     *
     * @param request the refused request
     */
    public MisalignedRequestException(IoRequest request) {
        super(request.kind() + " of " + request.file().path() + " is misaligned: memory address 0x"
            + Long.toHexString(request.memory().address()) + ", offset " + request.offset() + ", length " + request.length()
            + " must each be a multiple of " + request.file().blockSize() + " (take memory from a buffer pool)");
    }
}
