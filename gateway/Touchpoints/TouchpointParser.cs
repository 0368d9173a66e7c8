using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Touchpoints;

/// <summary>Reads one touchpoint; every mistake in it becomes an error of its field.</summary>
internal static class TouchpointParser
{
    private static readonly string[] Known =
    [
        "messageId", "customerId", "type", "at", "channel", "decisionId", "offerId", "value", "currency", "properties", "set", "unset", "purpose", "state",
    ];

    /// <param name="path">Where the touchpoint is; <c>default</c> when errors are told relative to it.</param>
    /// <param name="customerOptional">It came with a decision request, which names the customer; left out it is read as the empty id.</param>
    /// <returns><c>null</c> when there were mistakes.</returns>
    public static Touchpoint? Read(ref JsonInput input, FieldPath path, bool customerOptional = false)
    {
        if (!input.BeginObject(path.Self))
        {
            return null;
        }

        uint seen = 0;
        string? messageId = null, customer = null, type = null, channel = null, decisionId = null, offerId = null, currency = null, purpose = null, state = null;
        long? at = null, value = null;
        Property[] properties = [], set = [];
        string[] unset = [];
        while (input.NextMember(out var name))
        {
            if (name.SequenceEqual("customerId"u8))
            {
                customer = input.Once(ref seen, 0, path, "customerId") ? input.Id(path, "customerId") : customer;
            }
            else if (name.SequenceEqual("type"u8))
            {
                type = input.Once(ref seen, 1, path, "type") ? input.Name(path, "type") : type;
            }
            else if (name.SequenceEqual("messageId"u8))
            {
                messageId = input.Once(ref seen, 2, path, "messageId") ? input.Id(path, "messageId") : messageId;
            }
            else if (name.SequenceEqual("at"u8))
            {
                at = input.Once(ref seen, 3, path, "at") ? input.Time(path, "at") : at;
            }
            else if (name.SequenceEqual("channel"u8))
            {
                channel = input.Once(ref seen, 4, path, "channel") ? input.Name(path, "channel") : channel;
            }
            else if (name.SequenceEqual("decisionId"u8))
            {
                decisionId = input.Once(ref seen, 5, path, "decisionId") ? input.Id(path, "decisionId") : decisionId;
            }
            else if (name.SequenceEqual("offerId"u8))
            {
                offerId = input.Once(ref seen, 6, path, "offerId") ? input.Id(path, "offerId") : offerId;
            }
            else if (name.SequenceEqual("value"u8))
            {
                value = input.Once(ref seen, 7, path, "value") ? input.Amount(path, "value") : value;
            }
            else if (name.SequenceEqual("currency"u8))
            {
                currency = input.Once(ref seen, 8, path, "currency") ? input.Id(path, "currency") : currency;
            }
            else if (name.SequenceEqual("properties"u8))
            {
                properties = input.Once(ref seen, 9, path, "properties") ? input.Bag(path, "properties") : properties;
            }
            else if (name.SequenceEqual("set"u8))
            {
                set = input.Once(ref seen, 10, path, "set") ? input.Bag(path, "set") : set;
            }
            else if (name.SequenceEqual("unset"u8))
            {
                unset = input.Once(ref seen, 11, path, "unset") ? input.Ids(path, "unset", TouchpointLimits.Properties, TouchpointLimits.NameLength) : unset;
            }
            else if (name.SequenceEqual("purpose"u8))
            {
                purpose = input.Once(ref seen, 12, path, "purpose") ? input.Name(path, "purpose") : purpose;
            }
            else if (name.SequenceEqual("state"u8))
            {
                state = input.Once(ref seen, 13, path, "state") ? input.Name(path, "state") : state;
            }
            else
            {
                input.Unknown(path, name, Known);
            }
        }

        var form = new TouchpointForm(input.Errors, path);
        if (!customerOptional)
        {
            form.Required(customer, "customerId");
        }

        form.Required(type, "type");
        form.Currency(currency);
        form.Identify(type, set, unset);
        var granted = form.Consent(type, purpose, state);
        if (form.HasMistakes)
        {
            return null;
        }

        return new Touchpoint
        {
            MessageId = messageId,
            CustomerId = customer ?? "",
            Type = type!,
            AtMicros = at,
            Channel = channel,
            DecisionId = decisionId,
            OfferId = offerId,
            ValueMicros = value,
            Currency = currency,
            Properties = properties,
            Set = set,
            Unset = unset,
            Purpose = purpose,
            Granted = granted,
        };
    }
}
