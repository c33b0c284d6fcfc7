package io.linkspan.api.method;

/**
 * The app has no handler for the channel, or the handler does not know the method; Dart's {@code
 * MissingPluginException}.
 *
 * <p>Carries no stack trace: it is an answer, not a fault.
 */
public final class MissingMethodException extends RuntimeException {

  MissingMethodException(String channel, String method) {
    super("the app does not implement " + method + " of channel " + channel, null, false, false);
  }
}
