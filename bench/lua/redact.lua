-- A redactor for Kubernetes audit events as it is written for Fluent Bit's lua filter: the yardstick of the benchmarks.
--
-- It does a part of what the module does, in the way that the manuals and examples show: a walk over the record that looks for
-- parts of names and runs each pattern over each string. It changes tables in place and keeps functions in locals. The same with
-- all that can be done for speed, at the price of finding less, is `redact-tuned.lua`; the benchmarks measure both.
-- The pipeline is `Parser json` + lua, since Lua in Fluent Bit has no JSON parser of its own.
--
-- It does:      Secrets (data, stringData; single and in lists), last-applied-configuration, managedFields,
--               TokenRequest and TokenReview, values under secret-like key names, six token formats in any string.
-- It does not:  environment variables by name, URIs, base64, JSON in strings, patches, Tables, custom resources, policy, routing,
--               faithful numbers, empty arrays (lua turns [] into {}), depth or size limits, a stamp.

local MASK = "[redacted]"
local LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

local secret_names = { "password", "passwd", "secret", "token", "apikey", "api_key", "privatekey", "private_key", "credential" }
-- Names that hold one of these and are no secrets.
local plain_names = { secretname = true, secretref = true, secretkeyref = true, imagepullsecrets = true, tokenexpirationseconds = true,
    automountserviceaccounttoken = true, serviceaccounttoken = true }

local token_patterns = {
    "eyJ[%w_-]+%.eyJ[%w_-]+%.[%w_-]+",
    "ghp_%w+",
    "glpat%-[%w_-]+",
    "AKIA[%u%d]+",
    "sk_live_%w+",
    "%-%-%-%-%-BEGIN [%u ]*PRIVATE KEY%-%-%-%-%-.*",
}

local function is_secret_name(key)
    local name = string.lower(key)
    if plain_names[name] then
        return false
    end
    for _, part in ipairs(secret_names) do
        if string.find(name, part, 1, true) then
            return true
        end
    end
    return false
end

local function mask_tokens(text)
    for _, pattern in ipairs(token_patterns) do
        text = string.gsub(text, pattern, MASK)
    end
    return text
end

local function walk(node)
    for key, value in pairs(node) do
        if type(value) == "table" then
            walk(value)
        elseif type(value) == "string" then
            if type(key) == "string" and is_secret_name(key) then
                node[key] = MASK
            else
                node[key] = mask_tokens(value)
            end
        end
    end
end

local function mask_values(map)
    if type(map) == "table" then
        for key in pairs(map) do
            map[key] = MASK
        end
    end
end

local function redact_object(body, resource)
    if type(body) ~= "table" then
        return
    end
    if type(body.items) == "table" then
        for _, item in ipairs(body.items) do
            redact_object(item, resource)
        end
    end
    local metadata = body.metadata
    if type(metadata) == "table" then
        metadata.managedFields = nil
        if type(metadata.annotations) == "table" and metadata.annotations[LAST_APPLIED] then
            metadata.annotations[LAST_APPLIED] = MASK
        end
    end
    if resource == "secrets" then
        mask_values(body.data)
        mask_values(body.stringData)
    elseif body.kind == "TokenRequest" and type(body.status) == "table" then
        body.status.token = MASK
    elseif body.kind == "TokenReview" and type(body.spec) == "table" then
        body.spec.token = MASK
    end
end

-- Fluent Bit calls this for every record; 2 says: record changed, timestamp kept.
function redact(tag, timestamp, record)
    local reference = record.objectRef
    local resource = type(reference) == "table" and reference.resource or nil
    redact_object(record.requestObject, resource)
    redact_object(record.responseObject, resource)
    walk(record)
    return 2, timestamp, record
end
