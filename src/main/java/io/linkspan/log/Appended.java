package io.linkspan.log;

/**
 * The outcome of an append.
 *
 * @param epoch of the log
 * @param first offset of the first accepted entry; the others follow without a gap
 * @param accepted number of accepted entries; those after them are refused for lack of room
 * @param dropped number of older entries that were removed to make room
 * @param expired number of entries that had expired and were removed now
 */
public record Appended(long epoch, long first, int accepted, int dropped, int expired) {}
