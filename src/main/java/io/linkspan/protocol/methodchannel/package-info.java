/**
 * The encodings of Flutter's method channels: values, calls and the envelopes that answer them, in
 * the standard binary form and in JSON. Pure: bytes in, values out.
 *
 * <p>Values are what Flutter's Android side uses: null, {@code Boolean}, {@code Integer}, {@code
 * Long}, {@code BigInteger}, {@code Double}, {@code String}, {@code byte[]}, {@code int[]}, {@code
 * long[]}, {@code float[]}, {@code double[]}, {@code List} and {@code Map} of such values.
 */
package io.linkspan.protocol.methodchannel;
