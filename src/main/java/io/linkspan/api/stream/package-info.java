/**
 * Streamed answers: several Messages that answer one request, in order and no faster than the
 * client acknowledges them.
 */
package io.linkspan.api.stream;
