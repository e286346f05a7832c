package dev.varve.engine.linux;

/**
 * What makes two names the same file.
 *
 * @param device number of the device, major and minor
 * @param inode  number of the file on that device
 */
record FileIdentity(long device, long inode) {
}
