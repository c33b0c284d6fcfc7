package io.linkspan.api.method;

/**
 * Failure of a call for which the app has no handler, or whose method the handler does not
 * implement: Dart's {@code MissingPluginException}.
 *
 * <p>Has no stack trace, since it is an answer and not a fault.
 */
public final class MissingMethodException extends RuntimeException {

  MissingMethodException(String channel, String method) {
    super("the app does not implement " + method + " of channel " + channel, null, false, false);
  }
}
