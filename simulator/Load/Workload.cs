using System.Globalization;
using System.Text;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Chance;

namespace PmOrleans.Simulator.Load;

/// <summary>The requests of a load by their number: what each is, for whom, and its bytes. The same number gives the same ids.</summary>
/// <param name="run">Text that makes the ids of this run its own.</param>
/// <param name="hotOffers">Offers of the hot campaign.</param>
public sealed class Workload(LoadOptions options, string run, IReadOnlyList<string> placements, IReadOnlyList<string> hotOffers, string host)
{
    private const int HotOnes = 10;
    private const long TwoHours = 7_200_000_000;

    /// <summary>An answer is given and its impression told of this many requests later.</summary>
    private const long Behind = 2000;

    private readonly ZipfDraw _zipf = new(options.Customers, options.Zipf);
    private readonly Draws _kinds = new Draws(options.Seed).For(61);
    private readonly Draws _customers = new Draws(options.Seed).For(62);
    private readonly Draws _contents = new Draws(options.Seed).For(63);
    private readonly string _head = $" HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: ";

    public RequestKind KindOf(long number)
    {
        var faults = options.Faults;
        var draw = _kinds.For(1).Uniform((ulong)number);
        if (draw < faults.Total)
        {
            if ((draw -= faults.Malformed) < 0)
            {
                return RequestKind.Malformed;
            }

            if ((draw -= faults.Late) < 0)
            {
                return RequestKind.LateTouchpoints;
            }

            if (draw - faults.Reordered < 0)
            {
                return RequestKind.ReorderedTouchpoints;
            }

            return number < Behind ? Plain(number) : Plain(number - Behind) == RequestKind.Decision ? RequestKind.DuplicateDecision : RequestKind.DuplicateTouchpoints;
        }

        return Plain(number);
    }

    /// <summary>Whether a status is what this kind of request must get.</summary>
    public static bool IsExpected(RequestKind kind, int status) => kind switch
    {
        RequestKind.Decision or RequestKind.DuplicateDecision => status == 200,
        RequestKind.Malformed => status == 400,
        _ => status == 202,
    };

    /// <summary>The bytes of a request.</summary>
    /// <param name="text">Scratch, cleared here.</param>
    public byte[] Request(long number, RequestKind kind, long nowMicros, StringBuilder text)
    {
        text.Clear();
        switch (kind)
        {
            case RequestKind.Decision:
                Decision(text, number);
                break;
            case RequestKind.DuplicateDecision:
                Decision(text, number - Behind);
                break;
            case RequestKind.DuplicateTouchpoints:
                // Without a claimed time: the first was sent at another one, and only the ids have to be the same.
                Touchpoints(text, number - Behind, null, isReversed: false);
                break;
            case RequestKind.LateTouchpoints:
                Touchpoints(text, number, nowMicros - TwoHours, isReversed: false);
                break;
            case RequestKind.ReorderedTouchpoints:
                Touchpoints(text, number, nowMicros - 60_000_000, isReversed: true);
                break;
            case RequestKind.Malformed:
                Malformed(text, number);
                break;
            default:
                Touchpoints(text, number, null, isReversed: false);
                break;
        }

        var path = kind is RequestKind.Decision or RequestKind.DuplicateDecision or RequestKind.Malformed ? "POST /v1/decisions" : "POST /v1/touchpoints";
        var body = text.ToString();
        var length = Encoding.UTF8.GetByteCount(body);
        var head = string.Concat(path, _head, length.ToString(CultureInfo.InvariantCulture), "\r\n\r\n");
        var bytes = new byte[head.Length + length];
        Encoding.ASCII.GetBytes(head, bytes);
        Encoding.UTF8.GetBytes(body, bytes.AsSpan(head.Length));
        return bytes;
    }

    private RequestKind Plain(long number) => _kinds.Uniform((ulong)number) < options.DecisionShare ? RequestKind.Decision : RequestKind.Touchpoints;

    private int Customer(long number, int part = 0)
    {
        if (_customers.For(1).Uniform((ulong)number) < options.HotCustomers)
        {
            return (int)(_customers.For(2).Uniform((ulong)number) * Math.Min(HotOnes, options.Customers));
        }

        // The popular ones are spread over all numbers.
        return (int)(_zipf.Rank(_customers.Uniform((ulong)number, (ulong)part)) * 2_654_435_761L % options.Customers);
    }

    private void Decision(StringBuilder text, long number) => text
        .Append("{\"decisionId\":\"").Append(run).Append('-').Append(number)
        .Append("\",\"customerId\":\"c-").Append(Customer(number))
        .Append("\",\"placements\":[{\"id\":\"").Append(placements[(int)(number % placements.Count)])
        .Append("\",\"count\":1}],\"context\":{\"channel\":\"web\",\"device\":\"").Append(number % 3 == 0 ? "desktop" : "mobile").Append("\"}}");

    private void Touchpoints(StringBuilder text, long number, long? atMicros, bool isReversed)
    {
        text.Append('[');
        for (var i = 0; i < options.Batch; i++)
        {
            text.Append(i == 0 ? "" : ",").Append("{\"messageId\":\"").Append(run).Append("-m").Append(number).Append('-').Append(i).Append("\",\"customerId\":\"c-");
            var answered = number - Behind - i;
            if (_contents.Uniform((ulong)number, (ulong)i) < options.HotCampaign && hotOffers.Count > 0)
            {
                text.Append(Customer(number, i)).Append("\",\"type\":\"click\",\"offerId\":\"").Append(hotOffers[(int)((number + i) % hotOffers.Count)]).Append('"');
            }
            else if (answered >= 0 && KindOf(answered) == RequestKind.Decision)
            {
                var isClick = _contents.For(1).Uniform((ulong)answered) < .05;
                text.Append(Customer(answered)).Append("\",\"type\":\"").Append(isClick ? "click" : "impression").Append("\",\"decisionId\":\"").Append(run).Append('-').Append(answered).Append('"');
            }
            else
            {
                text.Append(Customer(number, i)).Append("\",\"type\":\"view\",\"properties\":{\"sku\":\"A-").Append((number + i) % 1000).Append("\"}");
            }

            if (atMicros is { } at)
            {
                text.Append(",\"at\":\"").Append(Micros.ToText(at + (isReversed ? -i : i) * 1_000_000L)).Append('"');
            }

            text.Append(",\"channel\":\"web\"}");
        }

        text.Append(']');
    }

    private void Malformed(StringBuilder text, long number)
    {
        switch (number % 4)
        {
            case 0:
                text.Append("{\"customerId\":\"c-").Append(Customer(number)).Append("\",\"placements\":[");
                break;
            case 1:
                text.Append("{\"customerId\":\"c-").Append(Customer(number)).Append("\",\"placement\":\"").Append(placements[0]).Append("\"}");
                break;
            case 2:
                text.Append("{\"customerId\":7,\"placements\":[{\"id\":\"").Append(placements[0]).Append("\",\"count\":1}]}");
                break;
            default:
                text.Append("{\"customerId\":\"c-").Append(Customer(number)).Append("\",\"placements\":[{\"id\":\"").Append(placements[0]).Append("\",\"count\":-1}]}");
                break;
        }
    }
}
