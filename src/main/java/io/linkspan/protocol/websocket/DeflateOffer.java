package io.linkspan.protocol.websocket;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An offer of permessage-deflate that is accepted (RFC 7692, section 7.1). Offers of other
 * extensions, malformed ones (RFC 6455, section 9.1), and those with an unknown parameter, with an
 * invalid value or with a window for the server, which Java's compressor chooses, are declined.
 *
 * @param serverNoContext whether the server compresses each message by itself
 * @param clientNoContext whether the client does
 * @param clientWindow bits of the client's window as offered; null for the largest one
 */
public record DeflateOffer(boolean serverNoContext, boolean clientNoContext, String clientWindow) {

  private static final String NAME = "permessage-deflate";
  private static final String SERVER_NO_CONTEXT = "server_no_context_takeover";
  private static final String CLIENT_NO_CONTEXT = "client_no_context_takeover";
  private static final String CLIENT_WINDOW = "client_max_window_bits";

  private static final String LARGEST_WINDOW = "15";

  private static final String TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
  private static final String VALUE = "(" + TOKEN + "|\"" + TOKEN + "\")";
  private static final Pattern OFFER =
      Pattern.compile(
          "\\s*(" + TOKEN + ")((\\s*;\\s*" + TOKEN + "(\\s*=\\s*" + VALUE + ")?)*)\\s*");
  private static final Pattern PARAMETER =
      Pattern.compile(";\\s*(" + TOKEN + ")(\\s*=\\s*" + VALUE + ")?");

  /** The bits of a window, without a leading zero. */
  private static final Pattern WINDOW_BITS = Pattern.compile("[89]|1[0-5]");

  /**
   * Accepts the first offer that can be met.
   *
   * @param extensions the values of {@code Sec-WebSocket-Extensions} of a request, or null
   * @return null when there is none
   */
  public static DeflateOffer firstOf(String extensions) {
    if (extensions == null) {
      return null;
    }
    for (String offer : extensions.split(",", -1)) {
      DeflateOffer accepted = accept(offer);
      if (accepted != null) {
        return accepted;
      }
    }
    return null;
  }

  private static DeflateOffer accept(String offer) {
    Matcher matcher = OFFER.matcher(offer);
    if (!matcher.matches() || !matcher.group(1).equals(NAME)) {
      return null;
    }
    Map<String, String> parameters = new HashMap<>();
    Matcher parameter = PARAMETER.matcher(matcher.group(2));
    while (parameter.find()) {
      String value = parameter.group(3);
      parameters.put(
          parameter.group(1).toLowerCase(Locale.ROOT), value == null ? null : unquote(value));
    }
    return parameters.entrySet().stream().allMatch(DeflateOffer::canBeMet)
        ? new DeflateOffer(
            parameters.containsKey(SERVER_NO_CONTEXT),
            parameters.containsKey(CLIENT_NO_CONTEXT),
            LARGEST_WINDOW.equals(parameters.get(CLIENT_WINDOW))
                ? null
                : parameters.get(CLIENT_WINDOW))
        : null;
  }

  private static String unquote(String value) {
    return value.startsWith("\"") ? value.substring(1, value.length() - 1) : value;
  }

  private static boolean canBeMet(Map.Entry<String, String> parameter) {
    String value = parameter.getValue();
    return switch (parameter.getKey()) {
      case SERVER_NO_CONTEXT, CLIENT_NO_CONTEXT -> value == null;
      case CLIENT_WINDOW -> value == null || WINDOW_BITS.matcher(value).matches();
      default -> false;
    };
  }

  /** Returns the value of {@code Sec-WebSocket-Extensions} that accepts the offer. */
  public String answer() {
    return NAME
        + (clientNoContext ? ';' + CLIENT_NO_CONTEXT : "")
        + (serverNoContext ? ';' + SERVER_NO_CONTEXT : "")
        + (clientWindow == null ? "" : ';' + CLIENT_WINDOW + '=' + clientWindow);
  }
}
