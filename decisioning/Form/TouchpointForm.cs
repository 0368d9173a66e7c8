using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Form;

/// <summary>What must hold between the fields of one touchpoint, beyond what holds for each.</summary>
public readonly ref struct TouchpointForm(ErrorList errors, FieldPath path)
{
    public bool HasMistakes => !errors.IsEmpty;

    /// <summary>A field that was sent and is wrong has its error already; an absent one gets it here.</summary>
    public void Required(string? value, string name)
    {
        if (value is null && !errors.Has(path.Of(name)))
        {
            errors.Add(path.Of(name), "is required");
        }
    }

    public void Currency(string? currency)
    {
        if (currency is not null && !(currency.Length == 3 && currency.AsSpan().IndexOfAnyExceptInRange('A', 'Z') < 0))
        {
            errors.Add(path.Of("currency"), $"is '{Labels.Shown(currency)}'; an ISO 4217 code of three capital letters is needed");
        }
    }

    public void Identify(string? type, Property[] set, string[] unset)
    {
        if (type is not (null or TouchpointTypes.Identify))
        {
            if (set.Length > 0)
            {
                errors.Add(path.Of("set"), $"belongs to type identify, not '{Labels.Shown(type)}'");
            }

            if (unset.Length > 0)
            {
                errors.Add(path.Of("unset"), $"belongs to type identify, not '{Labels.Shown(type)}'");
            }
        }

        foreach (var name in unset)
        {
            foreach (var property in set)
            {
                if (name is not null && property.Name == name)
                {
                    errors.Add(path.Of("unset"), $"names '{Labels.Shown(name)}', which is in set too");
                }
            }
        }
    }

    /// <returns>Whether the consent is granted; <c>null</c> for another type.</returns>
    public bool? Consent(string? type, string? purpose, string? state)
    {
        if (type != TouchpointTypes.Consent)
        {
            if (type is not null && purpose is not null)
            {
                errors.Add(path.Of("purpose"), $"belongs to type consent, not '{Labels.Shown(type)}'");
            }

            if (type is not null && state is not null)
            {
                errors.Add(path.Of("state"), $"belongs to type consent, not '{Labels.Shown(type)}'");
            }

            return null;
        }

        Required(purpose, "purpose");
        Required(state, "state");
        if (state is not (null or "granted" or "denied"))
        {
            errors.Add(path.Of("state"), $"is '{Labels.Shown(state)}'; allowed are granted and denied");
        }

        return state == "granted";
    }
}
